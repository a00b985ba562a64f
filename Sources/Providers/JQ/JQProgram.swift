import CJQ
import Synchronization

/// A compiled jq program with its interpreter. Belongs to the thread that made it.
///
/// Every `jv_` function takes over the values it is given and hands over what it returns; where a value is needed
/// again, it is copied first.
final class JQProgram {
    /// Compilers of different threads share the regular expression library's start, which is not thread-safe.
    private static let compiling = Mutex(())
    private let state: OpaquePointer
    /// Where the interpreter writes what is wrong; it keeps a pointer to it.
    private let messages = Messages()

    /// - Throws: what jq says is wrong with the source.
    init(_ source: String) throws(JQCompileError) {
        guard let state = jq_init() else { throw JQCompileError("jq cannot start: out of memory") }
        self.state = state
        jq_set_error_cb(state, { Messages.append($1, to: $0) }, Unmanaged.passUnretained(messages).toOpaque())
        let isCompiled = Self.compiling.withLock { _ in source.withCString { jq_compile(state, $0) } != 0 }
        // The deinitializer of a class whose initializer has failed runs only if everything was set: it was.
        guard isCompiled else { throw JQCompileError(messages.text) }
    }

    deinit {
        var state: OpaquePointer? = state
        jq_teardown(&state)
    }

    /// Runs the program on one JSON text.
    ///
    /// - Parameter slot: through which the run can be interrupted.
    /// - Returns: the one result as JSON.
    func run(_ input: [UInt8], in slot: JQSlot) -> Result<[UInt8], JQFailure> {
        let value = input.withUnsafeBytes { bytes in
            jv_parse_sized(bytes.bindMemory(to: CChar.self).baseAddress, CInt(clamping: bytes.count))
        }
        guard cjq_is_valid(value) != 0 else {
            jv_free(value)
            return .failure(.unreadable)
        }
        jq_start(state, value, 0)
        slot.begin(state)
        let first = jq_next(state)
        let second = cjq_is_valid(first) != 0 ? jq_next(state) : jv_invalid()
        slot.end()
        return outcome(first, second)
    }

    /// Takes both values over.
    private func outcome(_ first: jv, _ second: jv) -> Result<[UInt8], JQFailure> {
        if jq_halted(state) != 0 {
            jv_free(first)
            jv_free(second)
            return .failure(.interrupted)
        }
        guard cjq_is_valid(first) != 0 else {
            jv_free(second)
            return .failure(Self.failure(first) ?? .noResult)
        }
        guard cjq_is_valid(second) == 0 else {
            jv_free(first)
            jv_free(second)
            return .failure(.severalResults)
        }
        if let failure = Self.failure(second) {
            jv_free(first)
            return .failure(failure)
        }
        return .success(Self.text(first))
    }

    /// What an invalid value, which is taken over, says went wrong.
    private static func failure(_ value: jv) -> JQFailure? {
        let message = jv_invalid_get_msg(value)
        guard jv_get_kind(message) != JV_KIND_NULL, cjq_is_valid(message) != 0 else {
            jv_free(message)
            return nil
        }
        return .raised(text(message))
    }

    /// The JSON text of a value, which is taken over.
    private static func text(_ value: jv) -> [UInt8] {
        let text = jv_dump_string(value, 0)
        let count = Int(jv_string_length_bytes(jv_copy(text)))
        let bytes = UnsafeRawBufferPointer(start: jv_string_value(text), count: count)
        defer { jv_free(text) }
        return Array(bytes)
    }

    /// What the compiler said.
    private final class Messages {
        var text = ""

        static func append(_ message: jv, to context: UnsafeMutableRawPointer?) {
            let line = jq_format_error(message)
            defer { jv_free(line) }
            guard let context, jv_get_kind(line) == JV_KIND_STRING else { return }
            let messages = Unmanaged<Messages>.fromOpaque(context).takeUnretainedValue()
            messages.text += (messages.text.isEmpty ? "" : "\n") + String(cString: jv_string_value(line))
        }
    }
}

/// What jq says is wrong with a program.
struct JQCompileError: Error, Equatable {
    let text: String

    init(_ text: String) {
        self.text = text
    }
}

/// Why a run has no result.
enum JQFailure: Error, Equatable {
    /// The program raised this value, as JSON. Where jq itself raised it, it is a text that may quote the input.
    case raised([UInt8])
    /// It ran for too long, or ended the interpreter.
    case interrupted
    case noResult
    case severalResults
    /// The input is not JSON to jq, which knows less depth than others.
    case unreadable
}
