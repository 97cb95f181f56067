using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Api;

/// <summary>A fault as the API answers it: problem details of RFC 9457 with a stable code and a fix.</summary>
/// <param name="fault">The fault.</param>
public sealed class FaultResult(Fault fault) : IResult
{
    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, fault, StatusOf(fault.Code));

    /// <summary>The HTTP status that a fault's code stands for.</summary>
    public static int StatusOf(string code) => code switch
    {
        "confirmation-required" => StatusCodes.Status428PreconditionRequired,
        "no-space" => StatusCodes.Status507InsufficientStorage,
        "records-unavailable" => StatusCodes.Status503ServiceUnavailable,
        "bad-record" => StatusCodes.Status500InternalServerError,
        _ when code.StartsWith("bad-", StringComparison.Ordinal) => StatusCodes.Status400BadRequest,
        _ when code.EndsWith("-not-found", StringComparison.Ordinal) => StatusCodes.Status404NotFound,
        _ when code.EndsWith("-exists", StringComparison.Ordinal) => StatusCodes.Status409Conflict,
        _ when code.EndsWith("-mapped", StringComparison.Ordinal) => StatusCodes.Status409Conflict,
        _ when code.EndsWith("-in-use", StringComparison.Ordinal) => StatusCodes.Status409Conflict,
        _ when code.EndsWith("-conflict", StringComparison.Ordinal) => StatusCodes.Status409Conflict,
        _ => StatusCodes.Status422UnprocessableEntity,
    };

    /// <summary>Writes a fault as the answer.</summary>
    public static Task WriteAsync(HttpContext context, Fault fault, int status)
    {
        var problem = new ProblemView
        {
            Type = "urn:uss:problem:" + fault.Code,
            Title = ReasonPhrases.GetReasonPhrase(status),
            Status = status,
            Detail = fault.Message,
            Code = fault.Code,
            Fix = fault.Remedy,
        };
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            problem, ApiJson.Default.ProblemView, "application/problem+json", context.RequestAborted);
    }
}
