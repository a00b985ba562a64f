/// The reference of all settings as a commented YAML file.
package enum SettingsReference {
    package static var text: String {
        var lines = ["# Every setting with its default. An environment variable overrides a scalar one."]
        var section = ""
        for definition in SettingDefinition.all {
            let parts = definition.path.split(separator: ".", maxSplits: 1).map(String.init)
            if parts[0] != section {
                section = parts[0]
                lines += ["", "\(section):"]
            }
            let value = definition.defaultValue.isEmpty ? "null" : definition.defaultValue
            lines += [
                "  # \(definition.doc)", "  # \(definition.allowed); \(definition.variable)", "  \(parts[1]): \(value)",
            ]
        }
        return lines.joined(separator: "\n") + "\n" + topology
    }

    private static let topology = """

        # Where work can go. A pool is one queue over fungible targets; a route names the pool that serves a model alias.
        # Names are letters, digits, `_`, `-` and `.`; targets and limit groups are unique over all pools.
        pools:
          example:
            # class_weights: {interactive: 6, standard: 3, batch: 1}   # guaranteed shares
            limit_groups:
              # One published limit, shared by the targets that name it. Every key may be left out: no limit.
              example-account:
                requests_per_minute: 500
                tokens_per_minute: 200000          # input and output together
                # input_tokens_per_minute, output_tokens_per_minute, max_concurrency
            targets:
              example-target:
                provider: openai                   # as OpenTelemetry names it
                adapter: openai                    # the API it speaks: openai, anthropic, or a file's name
                base_url: https://api.openai.com/v1
                api_key_env: OPENAI_API_KEY        # or api_key_file: /run/secrets/openai
                model: gpt-4o-mini                 # what the provider calls it; left out: the caller's alias
                limit_groups: [example-account]
                timeout_seconds: 300
                # max_concurrency: 64
                price:                             # US dollars per million tokens; left out: cost unknown
                  input_per_million: "0.15"
                  cached_input_per_million: "0.075"
                  # cache_write_per_million: "3.75"  # where writing to the cache has a price of its own
                  output_per_million: "0.60"
        routes:
          gpt-4o-mini: example

        """
}
