using System.Runtime.InteropServices;

namespace Uss.Target.Scsi;

/// <summary>Executes a command. The nexus sees the logical unit as <paramref name="view"/>.</summary>
internal delegate ValueTask CommandHandler(ScsiDevice device, ScsiCommand command, LunView view);

/// <summary>How many bytes of data-out a command takes.</summary>
internal enum DataOutRule : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>The extent's blocks.</summary>
    Blocks,

    /// <summary>The extent's blocks, of which there may be as many as an atomic write takes.</summary>
    AtomicBlocks,

    /// <summary>The extent's blocks, when BYTCHK asks for a comparison with them; one block for BYTCHK 11b.</summary>
    VerifyBlocks,

    /// <summary>One block.</summary>
    OneBlock,

    /// <summary>One block unless NDOB is set.</summary>
    OneBlockUnlessNdob,

    /// <summary>Two instances of the extent's blocks.</summary>
    TwiceBlocks,

    /// <summary>A parameter list whose length is byte 4.</summary>
    ParameterListAt4,

    /// <summary>A parameter list whose length is in bytes 7 and 8.</summary>
    ParameterListAt7,

    /// <summary>A parameter list whose length is in bytes 5 to 8.</summary>
    ParameterListAt5,

    /// <summary>A parameter list whose length is in bytes 10 to 13.</summary>
    ParameterListAt10,
}

/// <summary>Facts about a command that the dispatcher acts on.</summary>
[Flags]
internal enum CommandTraits : byte
{
    None = 0,

    /// <summary>Changes the medium: refused while write protected.</summary>
    Writes = 1,

    /// <summary>Is executed although a unit attention condition is pending (SAM-5, 5.14.4).</summary>
    IgnoresUnitAttention = 2,

    /// <summary>Also served by well known logical units.</summary>
    WellKnown = 4,

    /// <summary>Is let through by every reservation, or decides for itself.</summary>
    Unreserved = 8,

    /// <summary>Is let through by write exclusive reservations.</summary>
    Reads = 16,

    /// <summary>The dispatcher counts it among the changes under way; without it, the command does so itself.</summary>
    Tracked = 32,
}

/// <summary>One row of the table of commands: what dispatches, checks and reports an operation code (with service action).</summary>
internal sealed class CommandDefinition
{
    private const int ServiceActionMask = 0x1F;

    private readonly ulong _refusedLow;
    private readonly ulong _refusedHigh;

    /// <summary>Creates a row.</summary>
    /// <param name="handler">Executes the command.</param>
    /// <param name="usage">The usage data in hex, with spaces.</param>
    /// <param name="dataOut">Data-out that the command takes.</param>
    /// <param name="traits">What the dispatcher must know.</param>
    /// <param name="timeoutSeconds">Recommended time-out.</param>
    public CommandDefinition(
        CommandHandler handler,
        string usage,
        DataOutRule dataOut = DataOutRule.None,
        CommandTraits traits = CommandTraits.None,
        ushort timeoutSeconds = 30)
    {
        Handler = handler;
        Usage = Convert.FromHexString(usage.Replace(" ", string.Empty, StringComparison.Ordinal));
        DataOut = dataOut;
        Traits = traits;
        TimeoutSeconds = timeoutSeconds;

        Span<byte> refused = stackalloc byte[ScsiCommand.CdbLength];
        refused.Clear();
        for (var i = 1; i < Usage.Length; i++)
            refused[i] = (byte)~Usage[i];
        _refusedLow = MemoryMarshal.Read<ulong>(refused);
        _refusedHigh = MemoryMarshal.Read<ulong>(refused[8..]);
    }

    /// <summary>Executes it.</summary>
    public CommandHandler Handler { get; }

    /// <summary>
    /// CDB usage data (SPC-5, 6.35.3): the operation code, the service action in its place, and a 1 for every other bit
    /// that is evaluated. Bits that are 0 here must be 0 in a command.
    /// </summary>
    public byte[] Usage { get; }

    /// <summary>Operation code.</summary>
    public byte OperationCode => Usage[0];

    /// <summary>Whether the command is told apart by its service action, in the low five bits of byte 1.</summary>
    public bool HasServiceAction { get; init; }

    /// <summary>Service action, 0 without one.</summary>
    public int ServiceAction => HasServiceAction ? Usage[1] & ServiceActionMask : 0;

    /// <summary>Data-out that it takes.</summary>
    public DataOutRule DataOut { get; }

    /// <summary>What the dispatcher must know.</summary>
    public CommandTraits Traits { get; }

    /// <summary>Recommended time-out in seconds.</summary>
    public ushort TimeoutSeconds { get; }

    /// <summary>True when no bit is set that the command does not know. The service action is known to fit.</summary>
    public bool Accepts(ReadOnlySpan<byte> cdb) =>
        ((MemoryMarshal.Read<ulong>(cdb) & _refusedLow) | (MemoryMarshal.Read<ulong>(cdb[8..]) & _refusedHigh)) == 0;

    /// <summary>INVALID FIELD IN CDB pointing at the first bit that is not accepted.</summary>
    public Sense FirstRefused(ReadOnlySpan<byte> cdb)
    {
        for (var i = 1; i < Usage.Length; i++)
        {
            var refused = cdb[i] & ~Usage[i] & 0xFF;
            if (refused != 0)
                return Sense.InvalidCdbField(i, System.Numerics.BitOperations.Log2((uint)refused));
        }

        return Sense.Illegal(AdditionalSense.InvalidFieldInCdb);
    }
}
