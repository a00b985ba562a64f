import Mongo
import Testing

/// Wrong connection strings are told apart at the start, and their secrets are told to nobody.
@Suite struct URITests {
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "", "postgres://h", "mongodb:/h", "mongodb://", "mongodb://h:port", "mongodb://h:99999",
            "mongodb://user:hunter2@", "mongodb://user:hunter2@h:99999", "mongodb://us er:hunter2@h",
            "mongodb://user:hunter2%zz@h", "mongodb://user:hun@ter2/x@h", "mongodb://user:hunter2/@h",
            "mongodb://user:hunter2@h/?tls=true&tlsInsecure=true&tlsAllowInvalidHostnames=true",
            "mongodb+srv://user:hunter2@one,two", "mongodb+srv://user:hunter2@host.invalid:27017",
            "mongodb://h/?tls=maybe&authMechanismProperties=AWS_SESSION_TOKEN:hunter2&directConnection=perhaps,",
        ]
    )
    func wrongOnesAreRefused(_ uri: String) throws {
        let error = try #require(refusal(uri))
        #expect(error.kind == .invalid || error.kind == .unavailable)
        #expect(!error.description.isEmpty)
        for secret in ["hunter2", "hun@", "ter2"] { #expect(!error.description.contains(secret)) }
    }

    @Test(.timeLimit(.minutes(1))) func theReasonIsNamed() throws {
        #expect(try #require(refusal("sqlite:x")).description.contains("mongodb://"))
        let escaped = try #require(refusal("mongodb://user:a/b@h"))
        #expect(escaped.kind == .invalid)
        #expect(escaped.description.contains("%XX"))
    }
}
