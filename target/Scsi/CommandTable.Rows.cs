namespace Uss.Target.Scsi;

/// <content>
/// The rows. The usage data is written as the bytes of the CDB, with the bits that are evaluated set (SPC-5, 6.35.3);
/// the GROUP NUMBER field is taken and collects nothing, as without GROUP_SUP; protection fields stay 0: there is no
/// protection information.
/// </content>
internal static partial class CommandTable
{
    private const CommandTraits Always = CommandTraits.IgnoresUnitAttention | CommandTraits.WellKnown;

    private static CommandDefinition[] CreateRows() =>
    [
        new(UnitControl.TestUnitReady, "00 00 00 00 00 00", traits: CommandTraits.WellKnown),
        new(RequestSense.Execute, "03 01 00 00 FF 00", traits: Always),
        new(ReadWrite.Read6, "08 1F FF FF FF 00"),
        new(ReadWrite.Write6, "0A 1F FF FF FF 00", dataOut: DataOutRule.Blocks, traits: CommandTraits.Writes),
        new(Inquiry.Execute, "12 01 FF FF FF 00", traits: Always),
        new(ModeSense.Execute6, "1A 08 FF FF FF 00"),
        new(UnitControl.StartStop, "1B 01 00 0F F7 00"),
        new(UnitControl.PreventAllow, "1E 00 00 00 01 00"),
        new(ReadCapacity.Execute10, "25 00 FF FF FF FF 00 00 01 00"),
        new(ReadWrite.Read10, "28 1A FF FF FF FF 1F FF FF 00"),
        new(ReadWrite.Write10, "2A 1A FF FF FF FF 1F FF FF 00", dataOut: DataOutRule.Blocks, traits: CommandTraits.Writes),
        new(UnitControl.ReadDefectData10, "37 00 1F 00 00 00 00 FF FF 00"),
        new(ModeSense.Execute10, "5A 18 FF FF 00 00 00 FF FF 00"),
        new(ReadWrite.Read16, "88 1A FF FF FF FF FF FF FF FF FF FF FF FF 1F 00"),
        new(
            ReadWrite.Write16,
            "8A 1A FF FF FF FF FF FF FF FF FF FF FF FF 1F 00",
            dataOut: DataOutRule.Blocks,
            traits: CommandTraits.Writes),
        new(ReadCapacity.Execute16, "9E 10 00 00 00 00 00 00 00 00 FF FF FF FF 00 00", OperationCode.ReadCapacity16),
        new(ReportLuns.Execute, "A0 00 FF 00 00 00 FF FF FF FF 00 00", traits: Always),
        new(ReadWrite.Read12, "A8 1A FF FF FF FF FF FF FF FF 1F 00"),
        new(ReadWrite.Write12, "AA 1A FF FF FF FF FF FF FF FF 1F 00", dataOut: DataOutRule.Blocks, traits: CommandTraits.Writes),
        new(UnitControl.ReadDefectData12, "B7 1F 00 00 00 00 FF FF FF FF 00 00"),
    ];
}
