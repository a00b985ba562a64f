/// Names and label values as Prometheus wants them. Pure.
enum MetricName {
    /// A metric name: `[a-zA-Z_:][a-zA-Z0-9_:]*`, anything else becomes `_`.
    static func metric(_ name: String) -> String {
        sanitized(name, colons: true)
    }

    /// A label name: `[a-zA-Z_][a-zA-Z0-9_]*`; `le` and `quantile`, which the format needs itself, get a `_`.
    static func label(_ name: String) -> String {
        let clean = sanitized(name, colons: false)
        return clean == "le" || clean == "quantile" ? clean + "_" : clean
    }

    /// `name`, ending in `suffix`.
    static func ending(_ name: String, _ suffix: String) -> String {
        name.hasSuffix(suffix) ? name : name + suffix
    }

    /// `a="x",b="y"`, sorted by name: equal dimensions give equal text. Of labels whose names become equal the last
    /// one in the given order counts.
    static func labels(_ dimensions: [(String, String)]) -> String {
        let byName = Dictionary(dimensions.map { (label($0.0), $0.1) }) { _, last in last }
        return byName.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += #"\\"#
            case "\"": text += #"\""#
            case "\n": text += #"\n"#
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func sanitized(_ name: String, colons: Bool) -> String {
        let clean = name.unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": Character(scalar)
            case ":" where colons: ":"
            default: "_"
            }
        }
        let startsWell = clean.first.map { !$0.isNumber } ?? false
        return startsWell ? String(clean) : "_" + String(clean)
    }
}
