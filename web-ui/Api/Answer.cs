using Microsoft.AspNetCore.Http;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Api;

/// <summary>Turns what services return into HTTP answers.</summary>
internal static class Answer
{
    public static IResult Ok<T>(Result<T> result) => result.IsOk ? TypedResults.Ok(result.Value) : new FaultResult(result.Fault);

    public static IResult List<T>(Result<IReadOnlyList<T>> result) =>
        result.IsOk ? TypedResults.Ok(new ListPage<T> { Items = result.Value }) : new FaultResult(result.Fault);

    public static IResult Created<T>(Result<T> result, Func<T, string> location) =>
        result.IsOk ? TypedResults.Created(location(result.Value), result.Value) : new FaultResult(result.Fault);
}
