import CMongoC

extension MongoError {
    /// The one way from libmongoc's errors to ours.
    ///
    /// What a server says about a command may quote stored values, so only its code is told; what the driver says about
    /// connections names hosts and reasons.
    init(_ error: bson_error_t) {
        let code = error.code
        let text = withUnsafePointer(to: error) { String(cString: penstock_error_message($0)) }
        switch error.domain {
        case MONGOC_ERROR_SERVER.rawValue, MONGOC_ERROR_QUERY.rawValue, MONGOC_ERROR_COLLECTION.rawValue,
            MONGOC_ERROR_WRITE_CONCERN.rawValue:
            self.init(serverCode: code)
        case MONGOC_ERROR_SERVER_SELECTION.rawValue, MONGOC_ERROR_STREAM.rawValue, MONGOC_ERROR_PROTOCOL.rawValue:
            self.init(Self.isRefusedLogin(text) ? .authentication : Self.kind(ofConnectionError: text), text)
        case MONGOC_ERROR_CLIENT.rawValue, MONGOC_ERROR_SASL.rawValue, MONGOC_ERROR_SCRAM.rawValue:
            self.init(Self.kind(ofClientError: error), text)
        case MONGOC_ERROR_BSON.rawValue, MONGOC_ERROR_COMMAND.rawValue:
            self.init(text.contains("too large") ? .tooLarge : .server, "the driver refused a command (code \(code))")
        default:
            self.init(.server, "the driver failed (domain \(error.domain), code \(code))")
        }
    }

    /// What a server answered, by its number: https://www.mongodb.com/docs/manual/reference/error-codes/
    init(serverCode code: UInt32) {
        let kind: Kind =
            switch code {
            case 11000, 11001, 12582: .duplicateKey
            case 11, 13, 18, 8000: .authentication
            case 50, 202, 262, 64, 100: .timeout
            case 91, 189, 10058, 10107, 11600, 11602, 13435, 13436: .notPrimary
            case 6, 7, 89, 9001: .unavailable
            case 10334, 17419, 17420: .tooLarge
            default: .server
            }
        self.init(kind, "the server refused: \(kind.sentence) (code \(code))")
    }

    private static func kind(ofClientError error: bson_error_t) -> Kind {
        let isLogin =
            error.domain != MONGOC_ERROR_CLIENT.rawValue || error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue
        return isLogin ? .authentication : .unavailable
    }

    private static func isRefusedLogin(_ text: String) -> Bool { text.contains("Authentication failed") }

    private static func kind(ofConnectionError text: String) -> Kind {
        text.contains("socket error or timeout") ? .timeout : .unavailable
    }
}

extension MongoError.Kind {
    fileprivate var sentence: String {
        switch self {
        case .duplicateKey: "the key exists"
        case .authentication: "not authorised"
        case .timeout: "it took too long"
        case .notPrimary: "it is not the primary"
        case .unavailable: "another server did not answer"
        case .tooLarge: "too large"
        case .invalid, .closed, .server: "the command failed"
        }
    }
}
