import HTTPTypes
import Hummingbird
import NIOCore
import Penstock

/// Turns an HTTP request into a call to decide on.
struct CallReader: Sendable {
    let configuration: SimulatorConfiguration
    let clock: WallClock

    /// Reads the whole body, then judges it.
    ///
    /// - Throws: only when the caller's connection breaks.
    func read(_ request: inout Request, endpoint: SimulatedAPI) async throws -> ReceivedCall {
        let key = (endpoint == .messages ? request.headers[.apiKey] : nil) ?? Self.bearerToken(request.headers)
        let body: [UInt8]
        do {
            body = try await Array(request.collectBody(upTo: configuration.maxBodyBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            return refused(.tooLarge, endpoint, dice: Dice(hashing: []), key: key)
        }
        let dice = Dice(hashing: body)
        if let refusal = refusal(key: key) { return refused(refusal, endpoint, dice: dice, key: key) }
        return ReceivedCall(
            endpoint: endpoint,
            dice: dice,
            apiKey: key ?? "",
            headers: Self.providerHeaders(request.headers),
            content: content(body, dice: dice, endpoint: endpoint)
        )
    }

    /// Why a caller with this key may not come in; nil when it may.
    func refusal(key: String?) -> ProviderError? {
        guard let wanted = configuration.apiKey, key != wanted.revealed else { return nil }
        return .wrongKey(presented: key != nil)
    }

    /// What follows `Bearer` in `Authorization`.
    static func bearerToken(_ headers: HTTPFields) -> String? {
        guard let value = headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
        return String(value.dropFirst(7))
    }

    /// Those that begin with a provider's name.
    private static func providerHeaders(_ headers: HTTPFields) -> ProviderHeaders {
        var values: [String: String] = [:]
        for name in headers.map(\.name) where ["anthropic-", "openai-"].contains(where: name.canonicalName.hasPrefix) {
            values[name.canonicalName] = headers[name]
        }
        return ProviderHeaders(values)
    }

    private func refused(_ error: ProviderError, _ endpoint: SimulatedAPI, dice: Dice, key: String?) -> ReceivedCall {
        ReceivedCall(endpoint: endpoint, dice: dice, apiKey: key ?? "", content: .refused(error))
    }

    private func content(_ body: [UInt8], dice: Dice, endpoint: SimulatedAPI) -> ReceivedCall.Content {
        do throws(ProviderError) {
            let request = try SimulatedRequest(body, dice: dice, endpoint: endpoint)
            guard request.inputTokens <= configuration.contextWindow else {
                throw request.contextLengthError(limit: configuration.contextWindow)
            }
            return .valid(request, Answer(to: request, created: clock.now()))
        } catch {
            return .invalid(error)
        }
    }
}

extension HTTPField.Name {
    /// Where Anthropic's clients put their key.
    fileprivate static let apiKey = Self("x-api-key")!
}
