namespace Uss.Replication;

/// <summary>A change that the in-sync members have made and the joining one has not answered yet.</summary>
/// <param name="Group">Its placement group.</param>
/// <param name="Ticket">Keeps later operations off its blocks until the joining member has them, too.</param>
/// <param name="Token">Its place among the changes under way.</param>
/// <param name="Result">What the caller was told.</param>
internal readonly record struct LaggingChange(PlacementGroup Group, RangeLockTicket Ticket, long Token, GroupResult Result);
