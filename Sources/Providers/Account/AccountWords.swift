import JSON
import Penstock

/// What a caller is told in the place of a provider's words about our account: its key, organization, plan and limits
/// are the operator's. Pure.
enum AccountWords {
    /// The failure in our own words where the provider's are about our account, and else as it came.
    static func replacing(_ failure: CallFailure, on endpoint: Endpoint, namesKey: Bool) -> CallFailure {
        guard let response = failure.response else { return failure }
        let errorClass = errorClass(of: failure.error, status: response.statusCode, namesKey: namesKey)
        guard isAboutTheAccount(errorClass, status: response.statusCode) else { return failure }
        let error = JobError(errorClass, sentence(errorClass, status: response.statusCode))
        var replaced = failure
        replaced.error = error
        replaced.response?.body = body(error, on: endpoint)
        return replaced
    }

    /// Some providers answer a bad key with a 400. Only where the message begins, as further on may stand what a caller
    /// wrote.
    private static func errorClass(of error: JobError, status: Int, namesKey: Bool) -> ErrorClass {
        guard status == 400, error.errorClass == .callerInvalidRequest else { return error.errorClass }
        return namesKey || speaksOfKey(error.message) ? .providerAuthFailed : error.errorClass
    }

    static func speaksOfKey(_ message: String) -> Bool {
        let message = message.lowercased()
        return [
            "incorrect api key", "invalid api key", "api key not valid", "api key expired", "api key not found",
            "api_key_invalid", "invalid x-api-key", "invalid_api_key",
        ].contains { message.hasPrefix($0) }
    }

    private static func isAboutTheAccount(_ errorClass: ErrorClass, status: Int) -> Bool {
        switch errorClass {
        case .providerAuthFailed, .providerQuotaExhausted, .providerRateLimited: true
        default: [401, 402, 403, 429].contains(status)
        }
    }

    private static func sentence(_ errorClass: ErrorClass, status: Int) -> String {
        switch errorClass {
        case .providerAuthFailed:
            "The provider refused the credential that Penstock calls it with (\(status)). Only the operator can mend that."
        case .providerQuotaExhausted: "The provider's quota for Penstock's account is used up (\(status))."
        case .providerRateLimited: "The provider's limit for Penstock's account is reached (\(status))."
        case .callerContextTooLong: "The request is larger than the provider takes at once (\(status))."
        case .callerModelUnknown: "The provider does not offer this model to Penstock's account (\(status))."
        case .callerContentFiltered: "The provider refused the request's content (\(status))."
        default: "The provider refused the call (\(status))."
        }
    }

    /// An error as the endpoint's dialect writes it.
    private static func body(_ error: JobError, on endpoint: Endpoint) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        if endpoint == .messages { writer.member("type", "error") }
        writer.key("error")
        writer.beginObject()
        writer.member("type", endpoint == .messages ? "api_error" : error.errorClass.rawValue)
        writer.member("message", error.message)
        if endpoint != .messages { writer.member("code", error.errorClass.rawValue) }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}

extension CallReport {
    /// The report without the target's credential and without the provider's words about our account: what is stored
    /// and answered.
    func fit(forCallersOf endpoint: Endpoint, at target: Target) -> CallReport {
        let mask = CredentialMask(target.apiKey)
        var report = self
        switch outcome {
        case .succeeded(var response, let usage):
            _ = response.mask(mask)
            report.outcome = .succeeded(response, usage: usage)
        case .failed(var failure):
            if let mask { failure.error.message = mask.masking(failure.error.message) }
            let namesKey = failure.response?.mask(mask) ?? false
            report.outcome = .failed(AccountWords.replacing(failure, on: endpoint, namesKey: namesKey))
        }
        return report
    }
}

extension ProviderResponse {
    /// - Returns: whether the key stood in the body.
    fileprivate mutating func mask(_ mask: CredentialMask?) -> Bool {
        guard let mask else { return false }
        requestID = mask.masking(requestID)
        guard let masked = mask.masking(body) else { return false }
        body = masked
        return true
    }
}
