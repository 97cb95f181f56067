namespace Uss.Target.Scsi;

/// <summary>
/// The commands that the device serves: the one source for dispatching, checking and reporting them. The rows stand in
/// CommandTable.Rows.cs.
/// </summary>
internal static partial class CommandTable
{
    private static readonly CommandDefinition[] s_rows = CreateRows();
    private static readonly CommandDefinition[]?[] s_byOperationCode = Index(s_rows);

    /// <summary>READ (10), found without a search.</summary>
    public static readonly CommandDefinition Read10 = First(OperationCode.Read10);

    /// <summary>WRITE (10), found without a search.</summary>
    public static readonly CommandDefinition Write10 = First(OperationCode.Write10);

    /// <summary>READ (16), found without a search.</summary>
    public static readonly CommandDefinition Read16 = First(OperationCode.Read16);

    /// <summary>WRITE (16), found without a search.</summary>
    public static readonly CommandDefinition Write16 = First(OperationCode.Write16);

    /// <summary>All commands, ordered by operation code and service action.</summary>
    public static ReadOnlySpan<CommandDefinition> Rows => s_rows;

    /// <summary>The command that a CDB asks for, or null.</summary>
    public static CommandDefinition? Find(ReadOnlySpan<byte> cdb) => Find(cdb[0], cdb[1] & 0x1F);

    /// <summary>The command with the operation code and, where it has service actions, the service action; or null.</summary>
    public static CommandDefinition? Find(byte operationCode, int serviceAction)
    {
        if (s_byOperationCode[operationCode] is not { } rows)
            return null;
        if (!rows[0].HasServiceAction)
            return rows[0];
        foreach (var row in rows)
        {
            if (row.ServiceAction == serviceAction)
                return row;
        }

        return null;
    }

    /// <summary>The rows of an operation code; empty when it is not served.</summary>
    public static ReadOnlySpan<CommandDefinition> RowsOf(byte operationCode) => s_byOperationCode[operationCode];

    /// <summary>Whether there is a command with the operation code, with whatever service action.</summary>
    public static bool IsSupported(byte operationCode) => s_byOperationCode[operationCode] is not null;

    private static CommandDefinition First(byte operationCode) => s_byOperationCode[operationCode]![0];

    private static CommandDefinition[]?[] Index(CommandDefinition[] rows)
    {
        var index = new CommandDefinition[]?[256];
        foreach (var group in rows.GroupBy(row => row.OperationCode))
            index[group.Key] = group.ToArray();
        return index;
    }
}
