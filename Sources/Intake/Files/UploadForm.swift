import HTTPTypes
import Penstock

/// What an upload's form says, part by part; decides what is refused and which bytes are the file's.
///
/// Parts come in any order. Unknown fields are ignored, as SDKs may learn new ones.
struct UploadForm {
    private enum Field: Equatable {
        case file
        case value(String)
        case ignored
    }

    private static let maxValueBytes = 1 << 10
    private static let maxParts = 32
    private static let known = ["purpose", "expires_after[anchor]", "expires_after[seconds]"]

    private(set) var filename: String?
    private var values: [String: [UInt8]] = [:]
    private var field = Field.ignored
    private var parts = 0

    /// A part begins.
    ///
    /// - Throws: 400.
    mutating func begin(_ part: MultipartPart) throws {
        parts += 1
        guard parts <= Self.maxParts else { throw APIError.badRequest("The form has too many parts.", param: nil) }
        switch part.name {
        case "file":
            guard filename == nil else { throw APIError.badRequest("Upload one file at a time.", param: "file") }
            filename = try Self.checked(part.filename)
            field = .file
        case let name where Self.known.contains(name):
            guard values.updateValue([], forKey: name) == nil else {
                throw APIError.badRequest("The field stands there twice.", param: name)
            }
            field = .value(name)
        default: field = .ignored
        }
    }

    /// Data of the present part.
    ///
    /// - Returns: whether it belongs to the file.
    mutating func take(_ data: ArraySlice<UInt8>) throws -> Bool {
        guard case .value(let name) = field else { return field == .file }
        guard (values[name]?.count ?? 0) + data.count <= Self.maxValueBytes else {
            throw APIError.badRequest("The field is too long.", param: name)
        }
        values[name, default: []] += data
        return false
    }

    /// The present part ends; its value is checked at once, so that a wrong one does not wait for the file.
    mutating func endPart() throws {
        if field == .value("purpose") { try checkPurpose() }
        field = .ignored
    }

    /// The form is complete.
    ///
    /// - Returns: how long the file is kept; nil for the default.
    func finish() throws -> Duration? {
        guard filename != nil else {
            throw APIError.badRequest("`file` is missing.", param: "file", code: "missing_required_parameter")
        }
        guard values["purpose"] != nil else {
            throw APIError.badRequest("`purpose` is missing.", param: "purpose", code: "missing_required_parameter")
        }
        return try lifetime()
    }

    private static func checked(_ filename: String?) throws -> String {
        guard let filename, filename.hasSuffix(".jsonl"), filename != ".jsonl" else {
            throw APIError(.badRequest, code: nil, "Invalid file format for Batch API. Must be .jsonl")
        }
        guard filename.utf8.count <= 255, filename.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw APIError.badRequest("The file's name is too long or has control characters.", param: "file")
        }
        return filename
    }

    private func checkPurpose() throws {
        guard text("purpose") == FilePurpose.batch.rawValue else {
            throw APIError.badRequest("`purpose` must be batch.", param: "purpose")
        }
    }

    private func lifetime() throws -> Duration? {
        let names = Self.known.dropFirst()
        guard names.contains(where: { values[$0] != nil }) else { return nil }
        guard text("expires_after[anchor]") == ExpiresAfter.anchor else {
            throw APIError.badRequest("The anchor must be created_at.", param: "expires_after[anchor]")
        }
        guard let seconds = text("expires_after[seconds]").flatMap({ Int64($0) }), ExpiresAfter.range.contains(seconds)
        else {
            throw APIError.badRequest(
                "The seconds must be a whole number from \(ExpiresAfter.range.lowerBound) to "
                    + "\(ExpiresAfter.range.upperBound).",
                param: "expires_after[seconds]"
            )
        }
        return .seconds(seconds)
    }

    private func text(_ name: String) -> String? { values[name].flatMap { String(cleanText: $0) } }
}

/// OpenAI's rules for how long files are kept.
enum ExpiresAfter {
    static let anchor = "created_at"
    static let range: ClosedRange<Int64> = 3600...2_592_000
    /// For files of purpose `batch`.
    static let standard = Duration.seconds(30 * 86_400)
}
