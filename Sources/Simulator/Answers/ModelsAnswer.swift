import JSON

/// The answer of `GET /v1/models`.
enum ModelsAnswer {
    static func body(_ models: [String]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("object", "list")
            writer.key("data")
            writer.array { writer in
                for model in models {
                    writer.object { writer in
                        writer.member("id", model)
                        writer.member("object", "model")
                        writer.member("created", 1_700_000_000)
                        writer.member("owned_by", "simulator")
                    }
                }
            }
        }
        return writer.bytes
    }
}
