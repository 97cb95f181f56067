// Worlds share nothing, so scenarios run beside each other: some of their tests keep one core busy, others all of them.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(3)]
