using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Uss.Runtime.Tests;

public sealed class ReactorTaskBuilderTests
{
    [Test]
    public void Results_and_exceptions_pass_at_once_and_later([Values] bool isLater)
    {
        var gate = new Gate();
        var sum = AddAsync(gate, 1, 2);
        var failure = FailAsync(gate);
        if (isLater)
        {
            Assert.That(sum.IsCompleted || failure.IsCompleted, Is.False);
            gate.Open();
        }
        else
        {
            gate.Open();
            sum = AddAsync(gate, 1, 2);
            failure = FailAsync(gate);
        }

        Assert.That(sum.Result, Is.EqualTo(3));
        Assert.That(failure.IsFaulted);
        var exception = Assert.Throws<InvalidOperationException>(() => failure.GetAwaiter().GetResult());
        Assert.That(exception!.StackTrace, Does.Contain(nameof(FailAsync)));
    }

    [Test]
    public void A_task_awaited_twice_stops()
    {
        var gate = new Gate();
        var sum = AddAsync(gate, 1, 2);
        gate.Open();
        Assert.That(sum.Result, Is.EqualTo(3));
        Assert.Throws<InvariantException>(() => _ = sum.Result);
    }

    [Test]
    public void Deep_chains_and_many_calls_in_flight_do_not_mix()
    {
        for (var round = 0; round < 20; round++)
        {
            var gate = new Gate();
            var calls = Enumerable.Range(0, 100).Select(i => SumAsync(gate, i)).ToArray();
            gate.Open();
            for (var i = 0; i < calls.Length; i++)
                Assert.That(calls[i].Result, Is.EqualTo(i * (i + 1) / 2));
        }
    }

    [Test]
    public void Calls_in_flight_allocate_nothing_once_warm()
    {
        var gates = new Gate[1000];
        for (var i = 0; i < gates.Length; i++)
            gates[i] = new Gate();
        var tasks = new ValueTask<int>[gates.Length];
        long allocated = 0;
        for (var round = 0; round < 10; round++)
        {
            allocated = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < gates.Length; i++)
            {
                gates[i].Close();
                tasks[i] = OuterAsync(gates[i], i);
            }

            for (var i = 0; i < gates.Length; i++)
                gates[i].Open();
            var total = 0;
            for (var i = 0; i < gates.Length; i++)
                total += tasks[i].Result;
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            Assert.That(total, Is.EqualTo(1000 * 1001 / 2));
        }

        Assert.That(allocated, Is.Zero);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private static async ValueTask<int> AddAsync(Gate gate, int a, int b)
    {
        await gate.WaitAsync();
        return a + b;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask FailAsync(Gate gate)
    {
        await gate.WaitAsync();
        throw new InvalidOperationException("as asked");
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private static async ValueTask<int> SumAsync(Gate gate, int n)
    {
        if (n > 0)
            return n + await SumAsync(gate, n - 1);
        await gate.WaitAsync();
        return 0;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private static async ValueTask<int> OuterAsync(Gate gate, int n)
    {
        await NothingAsync(gate);
        return await AddAsync(gate, n, 1);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask NothingAsync(Gate gate) => await gate.WaitAsync();

    /// <summary>Waits of many tasks, opened at once.</summary>
    private sealed class Gate
    {
        private readonly List<Waiter> _waiters = [];
        private readonly Stack<Waiter> _free = new();
        private bool _isOpen;

        internal ValueTask WaitAsync()
        {
            if (_isOpen)
                return default;
            if (!_free.TryPop(out var waiter))
                waiter = new Waiter(_free);
            _waiters.Add(waiter);
            return waiter.Task;
        }

        internal void Close() => _isOpen = false;

        internal void Open()
        {
            _isOpen = true;
            foreach (var waiter in _waiters)
                waiter.Complete();
            _waiters.Clear();
        }
    }

    private sealed class Waiter(Stack<Waiter> free) : IValueTaskSource
    {
        private ReactorCompletion<bool> _completion;

        internal ValueTask Task => new(this, _completion.Version);

        public void GetResult(short token)
        {
            _completion.GetResult(token);
            _completion.Reset();
            free.Push(this);
        }

        public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _completion.OnCompleted(continuation, state, token);

        internal void Complete() => _completion.SetResult(true);
    }
}
