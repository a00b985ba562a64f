import JSON
import JSONFuzz
import Testing

/// The cases of nst/JSONTestSuite: `y_` must be accepted, `n_` refused, and for `i_` we decide as in `decisions`.
struct GrammarCaseTests {
    /// What we decide where RFC 8259 leaves the choice, and why. Nil accepts.
    static let decisions: [String: (code: JSONError.Code?, why: String)] = [
        "i_number_huge_exp": (nil, "the grammar has no bound; accessors return nil, the bytes pass through"),
        "i_number_real_neg_overflow": (nil, "as above"),
        "i_number_too_big_pos_int": (nil, "as above; it has a double, but no Int64"),
        "i_number_very_big_negative_int": (nil, "as above"),
        "i_string_1st_surrogate_but_2nd_missing": (
            .loneSurrogate, "stands for no text, and readers repair it in many ways"
        ),
        "i_string_1st_valid_surrogate_2nd_invalid": (.loneSurrogate, "as above"),
        "i_string_incomplete_surrogate_and_escape_valid": (.loneSurrogate, "as above"),
        "i_string_incomplete_surrogate_pair": (.loneSurrogate, "as above"),
        "i_string_incomplete_surrogates_escape_valid": (.loneSurrogate, "as above"),
        "i_string_invalid_lonely_surrogate": (.loneSurrogate, "as above"),
        "i_string_lone_second_surrogate": (.loneSurrogate, "as above"),
        "i_string_UTF-8_invalid_sequence": (
            .invalidUTF8, "RFC 8259 section 8.1 wants UTF-8; repairing hides differences"
        ),
        "i_string_lone_utf8_continuation_byte": (.invalidUTF8, "as above"),
        "i_string_overlong_sequence_2_bytes": (.invalidUTF8, "as above; overlong forms get around filters"),
        "i_string_utf16BE_no_BOM": (.unexpectedByte, "UTF-8 only; guessing encodings gives two readings of one body"),
        "i_string_utf16LE_no_BOM": (.unexpectedByte, "as above"),
        "i_structure_500_nested_arrays": (.tooDeep, "deeper than the limit of 64, which no provider's API needs"),
        "i_structure_UTF-8_BOM_empty_object": (.unexpectedByte, "section 8.1: a sender must not add one"),
    ]

    @Test func folderHoldsAllKindsOfCases() throws {
        let names = try Seeds.cases().map(\.name)
        #expect(names.count { $0.hasPrefix("y_") } == 51)
        #expect(names.count { $0.hasPrefix("n_") } == 98)
        #expect(names.count { $0.hasPrefix("i_") } == Self.decisions.count)
    }

    @Test func casesGetTheirVerdict() throws {
        for (name, bytes) in try Seeds.cases() {
            let error = verdict([bytes[...]])
            switch name.prefix(2) {
            case "y_": #expect(error == nil, "\(name)")
            case "n_": #expect(error != nil, "\(name)")
            default: try expectDecision(name, error)
            }
        }
    }

    @Test func hugeNumbersKeepTheirBytesButHaveNoValue() throws {
        for (name, bytes) in try Seeds.cases() where name.hasPrefix("i_number_") {
            let number = try #require(JSONDocument(parsing: bytes).root.elements.first { _ in true }, "\(name)")
            #expect(number.kind == .number)
            #expect(number.rawBytes.elementsEqual(bytes.drop { $0 == 0x5B }.prefix { $0 != 0x5D }), "\(name)")
            #expect(number.int64 == nil, "\(name)")
            #expect((number.double == nil) == (name.contains("exp") || name.contains("overflow")), "\(name)")
        }
    }

    @Test func verdictsDoNotDependOnChunks() throws {
        for (name, bytes) in try Seeds.cases() {
            let whole = verdict([bytes[...]])
            for split in 0...bytes.count {
                #expect(verdict([bytes[..<split], bytes[split...]]) == whole, "\(name) split at \(split)")
            }
            #expect(verdict(bytes.indices.map { bytes[$0...$0] }) == whole, "\(name) byte by byte")
        }
    }

    private func expectDecision(_ name: String, _ error: JSONError?) throws {
        let decision = try #require(Self.decisions[String(name.dropLast(".json".count))], "\(name)")
        #expect(error?.code == decision.code, "\(name): \(decision.why)")
    }
}
