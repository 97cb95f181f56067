using Uss.Runtime.Threaded;

namespace Uss.Runtime.Tests.Threaded;

public sealed class TimerQueueTests
{
    [Test]
    public void Random_timers_fire_as_a_sorted_list_says()
    {
        var random = new SeededRandom(5);
        for (var round = 0; round < 50; round++)
        {
            var queue = new TimerQueue();
            var fired = new List<int>();
            var waiting = new List<(long DeadlineNs, int Id, TimerEntry Timer)>();
            var nowNs = 0L;
            for (var step = 0; step < 400; step++)
            {
                switch (random.Next(4))
                {
                    case 0 or 1:
                        var timer = new Timer(step, fired);
                        var deadlineNs = nowNs + random.Next(50);
                        queue.Add(timer, deadlineNs);
                        waiting.Add((deadlineNs, step, timer));
                        break;
                    case 2 when waiting.Count > 0:
                        var index = random.Next(waiting.Count);
                        waiting[index].Timer.Cancel();
                        waiting[index].Timer.Cancel();
                        waiting.RemoveAt(index);
                        break;
                    default:
                        nowNs += random.Next(20);
                        fired.Clear();
                        queue.FireDue(nowNs);
                        var due = waiting.Where(w => w.DeadlineNs <= nowNs).OrderBy(w => w.DeadlineNs).ThenBy(w => w.Id).ToList();
                        Assert.That(fired, Is.EqualTo(due.Select(w => w.Id)));
                        due.ForEach(w => waiting.Remove(w));
                        break;
                }

                Assert.That(queue.Count, Is.EqualTo(waiting.Count));
                Assert.That(queue.NextDeadlineNs, Is.EqualTo(waiting.Count == 0 ? long.MaxValue : waiting.Min(w => w.DeadlineNs)));
            }
        }
    }

    [Test]
    public void What_a_timer_adds_waits_for_the_next_turn()
    {
        var queue = new TimerQueue();
        var fired = new List<int>();
        queue.Add(new Timer(1, fired) { Also = () => queue.Add(new Timer(2, fired), 0) }, 5);
        queue.FireDue(10);
        Assert.That(fired, Is.EqualTo(new[] { 1 }));
        queue.FireDue(10);
        Assert.That(fired, Is.EqualTo(new[] { 1, 2 }));
    }

    private sealed class Timer(int id, List<int> fired) : TimerEntry
    {
        internal Action? Also { get; init; }

        internal override void Fire()
        {
            fired.Add(id);
            Also?.Invoke();
        }
    }
}
