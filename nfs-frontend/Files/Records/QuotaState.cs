namespace Uss.NfsFrontend.Files;

/// <summary>How far a quota is.</summary>
public enum QuotaState : byte
{
    /// <summary>It counts all that is below its directory.</summary>
    Whole,

    /// <summary>What was there before it is still being added.</summary>
    Counting,

    /// <summary>It is going: what is below its directory is being set free.</summary>
    Going,
}
