namespace Uss.Target.Scsi;

/// <summary>Sense keys (SPC-5, table 53).</summary>
internal enum SenseKey : byte
{
    NoSense = 0x0,
    NotReady = 0x2,
    MediumError = 0x3,
    HardwareError = 0x4,
    IllegalRequest = 0x5,
    UnitAttention = 0x6,
    DataProtect = 0x7,
    CopyAborted = 0xA,
    AbortedCommand = 0xB,
    Miscompare = 0xE,
}

/// <summary>Additional sense codes with their qualifiers (SPC-5, annex F): code in the high byte, qualifier in the low one.</summary>
internal enum AdditionalSense : ushort
{
    None = 0x0000,
    OperationInProgress = 0x0016,
    ThirdPartyDeviceFailure = 0x0D01,
    CopyTargetDeviceNotReachable = 0x0D02,
    InvalidFieldInCommandInformationUnit = 0x0E03,
    UnrecoveredReadError = 0x1100,
    ParameterListLengthError = 0x1A00,
    MiscompareDuringVerify = 0x1D00,
    InvalidCommandOperationCode = 0x2000,
    LogicalBlockAddressOutOfRange = 0x2100,
    InvalidFieldInCdb = 0x2400,
    LogicalUnitNotSupported = 0x2500,
    InvalidFieldInParameterList = 0x2600,
    ParameterNotSupported = 0x2601,
    InvalidReleaseOfPersistentReservation = 0x2604,
    TooManyTargetDescriptors = 0x2606,
    UnsupportedTargetDescriptorTypeCode = 0x2607,
    TooManySegmentDescriptors = 0x2608,
    UnsupportedSegmentDescriptorTypeCode = 0x2609,
    InvalidOperationForCopySourceOrDestination = 0x260C,
    WriteProtected = 0x2700,
    LogicalUnitSoftwareWriteProtected = 0x2702,
    SpaceAllocationFailedWriteProtect = 0x2707,
    PowerOnResetOrBusDeviceReset = 0x2900,
    ScsiBusResetOccurred = 0x2902,
    BusDeviceResetFunctionOccurred = 0x2903,
    ModeParametersChanged = 0x2A01,
    ReservationsPreempted = 0x2A03,
    ReservationsReleased = 0x2A04,
    RegistrationsPreempted = 0x2A05,
    CapacityDataChanged = 0x2A09,
    CommandsClearedByAnotherInitiator = 0x2F00,
    ThinProvisioningSoftThresholdReached = 0x3807,
    SavingParametersNotSupported = 0x3900,
    InquiryDataChanged = 0x3F03,
    ReportedLunsDataChanged = 0x3F0E,
    InternalTargetFailure = 0x4400,
    InsufficientRegistrationResources = 0x5504,
}
