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
            # token_weights: {input: 1, output: 1}     # what a token counts when capacity is shared
            # The most that may be live (waiting, running or delayed) at once; what comes on top is refused with 429.
            # max_jobs: 1000000
            # max_bytes: 1073741824            # of request bodies that wait in Redis
            # max_tokens: 100000000            # estimated, input and output together
            limit_groups:
              # One published limit, shared by the targets that name it. Every key may be left out: no limit.
              example-account:
                requests_per_minute: 500
                tokens_per_minute: 200000          # input and output together
                # input_tokens_per_minute, output_tokens_per_minute, max_concurrency
                # requests_per_day: 10000
                # day_starts_at: "00:00"           # UTC; when the provider's day begins
            targets:
              example-target:
                provider: openai                   # as OpenTelemetry names it
                adapter: openai                    # the API it speaks: openai, anthropic, or a file's name
                base_url: https://api.openai.com/v1
                api_key_env: OPENAI_API_KEY        # or api_key_file: /run/secrets/openai
                model: gpt-4o-mini                 # what the provider calls it; left out: the caller's alias
                limit_groups: [example-account]
                timeout_seconds: 300
                # max_concurrency: 64              # calls at once
                # For a target without published limits, in place of limit_groups and max_concurrency: finds how many
                # calls at once it takes. follows_first_byte: also go down when answers begin later than they used to.
                # adaptive_concurrency: {initial: 8, least: 1, most: 1024, follows_first_byte: false}
                price:                             # US dollars per million tokens; left out: cost unknown
                  input_per_million: "0.15"
                  cached_input_per_million: "0.075"
                  # cache_write_per_million: "3.75"  # where writing to the cache has a price of its own
                  output_per_million: "0.60"
        routes:
          gpt-4o-mini: example

        """
}
