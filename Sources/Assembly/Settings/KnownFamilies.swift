import Penstock

/// Families whose adapters are built in, so that a provider's name tells how to speak to it.
enum KnownFamilies {
    private static let names: Set<String> = [Target.passThrough, "anthropic"]
    /// Speaks OpenAI's dialect only below its own path.
    private static let gemini = "://generativelanguage.googleapis.com/"

    /// The adapter of a target that names none.
    static func adapter(of provider: String?) -> String {
        provider.flatMap { names.contains($0) ? $0 : nil } ?? Target.passThrough
    }

    /// The provider of a target that names none.
    static func provider(of adapter: String) -> String { names.contains(adapter) ? adapter : Target.passThrough }

    /// - Returns: why calls of the target cannot work; nil where nothing is known against it.
    static func problem(of target: Target) -> String? {
        if target.adapter == Target.passThrough, target.baseURL.contains(gemini), !target.baseURL.contains("/openai") {
            return "is Gemini's own API, which needs an adapter; its OpenAI dialect is at …/v1beta/openai"
        }
        guard names.contains(target.provider), names.contains(target.adapter), target.provider != target.adapter else {
            return nil
        }
        return
            "has the provider `\(target.provider)` and the adapter `\(target.adapter)`, which contradict each other: "
            + "leave one of them out"
    }
}

extension Settings {
    /// - Throws: `SettingsError` that names the first target that calls could not work with.
    func checkFamilies() throws(SettingsError) {
        for pool in topology.pools {
            for target in pool.targets {
                guard let problem = KnownFamilies.problem(of: target) else { continue }
                throw SettingsError("setting `pools.\(pool.name).targets.\(target.name)` \(problem)")
            }
        }
    }
}
