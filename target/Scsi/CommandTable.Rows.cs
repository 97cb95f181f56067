using Uss.Target.Scsi.Copy;
using Uss.Target.Scsi.Reservations;

namespace Uss.Target.Scsi;

/// <content>
/// The rows. The usage data is written as the bytes of the CDB, with the bits that are evaluated set (SPC-5, 6.35.3);
/// the GROUP NUMBER field is taken and collects nothing, as without GROUP_SUP; protection fields stay 0: there is no
/// protection information.
/// </content>
internal static partial class CommandTable
{
    private const CommandTraits Always = CommandTraits.IgnoresUnitAttention | CommandTraits.WellKnown | CommandTraits.Unreserved;
    private const CommandTraits Writes = CommandTraits.Writes;
    private const CommandTraits Changes = CommandTraits.Writes | CommandTraits.Tracked;
    private const CommandTraits Reads = CommandTraits.Reads;
    private const CommandTraits Unreserved = CommandTraits.Unreserved;

    private static CommandDefinition[] CreateRows() =>
    [
        new(UnitControl.TestUnitReady, "00 00 00 00 00 00", traits: CommandTraits.WellKnown | Unreserved),
        new(RequestSense.Execute, "03 01 00 00 FF 00", traits: Always),
        new(ReadWrite.Read6, "08 1F FF FF FF 00", traits: Reads),
        new(ReadWrite.Write6, "0A 1F FF FF FF 00", DataOutRule.Blocks, Writes),
        new(Inquiry.Execute, "12 01 FF FF FF 00", traits: Always),
        new(ModeSelect.Execute6, "15 10 00 00 FF 00", DataOutRule.ParameterListAt4),
        new(SimpleReservation.Reserve, "16 00 00 00 00 00", traits: Unreserved),
        new(SimpleReservation.Release, "17 00 00 00 00 00", traits: Unreserved),
        new(ModeSense.Execute6, "1A 08 FF FF FF 00", traits: Reads),
        new(UnitControl.StartStop, "1B 01 00 0F F7 00"),
        new(UnitControl.PreventAllow, "1E 00 00 00 01 00"),
        new(ReadCapacity.Execute10, "25 00 FF FF FF FF 00 00 01 00", traits: Unreserved),
        new(ReadWrite.Read10, "28 1A FF FF FF FF 1F FF FF 00", traits: Reads),
        new(ReadWrite.Write10, "2A 1A FF FF FF FF 1F FF FF 00", DataOutRule.Blocks, Writes),
        new(Verify.ExecuteWrite, "2E 16 FF FF FF FF 1F FF FF 00", DataOutRule.Blocks, Changes),
        new(Verify.Execute, "2F 16 FF FF FF FF 1F FF FF 00", DataOutRule.VerifyBlocks, Reads),
        new(SynchronizeCache.PreFetch, "34 02 FF FF FF FF 1F FF FF 00", traits: Reads),
        new(SynchronizeCache.Execute, "35 06 FF FF FF FF 1F FF FF 00"),
        new(UnitControl.ReadDefectData10, "37 00 1F 00 00 00 00 FF FF 00", traits: Unreserved),
        new(WriteSame.Execute, "41 08 FF FF FF FF 1F FF FF 00", DataOutRule.OneBlock, Changes, 60),
        new(Unmap.Execute, "42 00 00 00 00 00 1F FF FF 00", DataOutRule.ParameterListAt7, Changes, 60),
        new(LogSense.Execute, "4D 00 FF FF 00 FF FF FF FF 00", traits: Unreserved),
        new(ModeSelect.Execute10, "55 10 00 00 00 00 00 FF FF 00", DataOutRule.ParameterListAt7),
        new(SimpleReservation.Reserve, "56 00 00 00 00 00 00 00 00 00", traits: Unreserved),
        new(SimpleReservation.Release, "57 00 00 00 00 00 00 00 00 00", traits: Unreserved),
        new(ModeSense.Execute10, "5A 18 FF FF 00 00 00 FF FF 00", traits: Reads),
        new(PersistentReserveIn.ReadKeys, "5E 00 00 00 00 00 00 FF FF 00", traits: Unreserved) { HasServiceAction = true },
        new(PersistentReserveIn.ReadReservation, "5E 01 00 00 00 00 00 FF FF 00", traits: Unreserved) { HasServiceAction = true },
        new(PersistentReserveIn.ReportCapabilities, "5E 02 00 00 00 00 00 FF FF 00", traits: Unreserved) { HasServiceAction = true },
        new(PersistentReserveIn.ReadFullStatus, "5E 03 00 00 00 00 00 FF FF 00", traits: Unreserved) { HasServiceAction = true },
        ReserveOut("5F 00 FF 00 00 FF FF FF FF 00"),
        ReserveOut("5F 01 FF 00 00 FF FF FF FF 00"),
        ReserveOut("5F 02 FF 00 00 FF FF FF FF 00"),
        ReserveOut("5F 03 FF 00 00 FF FF FF FF 00"),
        ReserveOut("5F 04 FF 00 00 FF FF FF FF 00"),
        ReserveOut("5F 05 FF 00 00 FF FF FF FF 00"),
        ReserveOut("5F 06 FF 00 00 FF FF FF FF 00"),
        new(ExtendedCopy.Execute, "83 00 00 00 00 00 00 00 00 00 FF FF FF FF 00 00", DataOutRule.ParameterListAt10, timeoutSeconds: 60)
        {
            HasServiceAction = true,
        },
        new(ReceiveCopyResults.Status, "84 00 FF 00 00 00 00 00 00 00 FF FF FF FF 00 00") { HasServiceAction = true },
        new(ReceiveCopyResults.OperatingParameters, "84 03 00 00 00 00 00 00 00 00 FF FF FF FF 00 00") { HasServiceAction = true },
        new(ReceiveCopyResults.FailureDetails, "84 04 FF 00 00 00 00 00 00 00 FF FF FF FF 00 00") { HasServiceAction = true },
        new(ReadWrite.Read16, "88 1A FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", traits: Reads),
        new(CompareAndWrite.Execute, "89 1A FF FF FF FF FF FF FF FF 00 00 00 FF 1F 00", DataOutRule.TwiceBlocks, Changes),
        new(ReadWrite.Write16, "8A 1A FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", DataOutRule.Blocks, Writes),
        new(OrWrite.Execute, "8B 1A FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", DataOutRule.Blocks, Changes),
        new(Verify.ExecuteWrite, "8E 16 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", DataOutRule.Blocks, Changes),
        new(Verify.Execute, "8F 16 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", DataOutRule.VerifyBlocks, Reads),
        new(SynchronizeCache.PreFetch, "90 02 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", traits: Reads),
        new(SynchronizeCache.Execute, "91 06 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00"),
        new(WriteSame.Execute, "93 09 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", DataOutRule.OneBlockUnlessNdob, Changes, 60),
        new(WriteAtomic.Execute, "9C 1A FF FF FF FF FF FF FF FF 00 00 FF FF 1F 00", DataOutRule.AtomicBlocks, Writes),
        new(ReadCapacity.Execute16, "9E 10 00 00 00 00 00 00 00 00 FF FF FF FF 00 00", traits: Unreserved) { HasServiceAction = true },
        new(LbaStatus.Execute, "9E 12 FF FF FF FF FF FF FF FF FF FF FF FF 00 00", traits: Reads) { HasServiceAction = true },
        new(ReportLuns.Execute, "A0 00 FF 00 00 00 FF FF FF FF 00 00", traits: Always),
        new(SupportedCommands.Execute, "A3 0C 87 FF FF FF FF FF FF FF 00 00", traits: Unreserved) { HasServiceAction = true },
        new(SupportedCommands.ExecuteTaskManagement, "A3 0D 80 00 00 00 FF FF FF FF 00 00", traits: Unreserved) { HasServiceAction = true },
        new(ReadWrite.Read12, "A8 1A FF FF FF FF FF FF FF FF 1F 00", traits: Reads),
        new(ReadWrite.Write12, "AA 1A FF FF FF FF FF FF FF FF 1F 00", DataOutRule.Blocks, Writes),
        new(Verify.ExecuteWrite, "AE 16 FF FF FF FF FF FF FF FF 1F 00", DataOutRule.Blocks, Changes),
        new(Verify.Execute, "AF 16 FF FF FF FF FF FF FF FF 1F 00", DataOutRule.VerifyBlocks, Reads),
        new(UnitControl.ReadDefectData12, "B7 1F 00 00 00 00 FF FF FF FF 00 00", traits: Unreserved),
    ];

    private static CommandDefinition ReserveOut(string usage) =>
        new(PersistentReserveOut.Execute, usage, DataOutRule.ParameterListAt5, Unreserved) { HasServiceAction = true };
}
