namespace Uss.NfsFrontend.Files;

/// <summary>A WRITE has come to its end at a front-end.</summary>
/// <param name="Ticket">What the owner gave when it began.</param>
/// <param name="Key">Under which is noted what became of the call: another owner than the one that let it begin knows no ticket of it.</param>
/// <param name="IsDone">Its data is there: no copy of the call is to bring it once more.</param>
public readonly record struct EndedWrite(ulong Ticket, ulong Key, bool IsDone);
