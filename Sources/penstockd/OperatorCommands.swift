import ArgumentParser
import Assembly
import Glibc
import Logging
import Penstock

/// Says whether a start would work.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check the settings, Redis and the ledger, and say what is wrong.")
    @OptionGroup var options: SettingsOption

    func run() async throws {
        let settings = try Launch.load(options.settings, withSecrets: true)
        let logger = Launch.startLogging(settings, role: "check")
        try await Launch.explained {
            let backends = try Backends(settings, logger: logger)
            try await backends.check(settings, logger: logger)
            try await backends.close()
        }
        print("settings, Redis and ledger are good")
    }
}

/// The reference of all settings.
struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Print every setting with its default and what it is for.")

    func run() {
        print(SettingsReference.text, terminator: "")
    }
}

/// API keys, straight in the ledger.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make API keys straight in the ledger: the way to the first admin key.",
        subcommands: [CreateKeyCommand.self])
}

/// Makes one key.
struct CreateKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an API key and print it once.",
        discussion: """
            Needs no running server and no other key: whoever may write the ledger's directory is the operator. Only \
            a hash is kept. Further keys are best made with `penstock keys create` and an admin key.
            """)
    @OptionGroup var options: SettingsOption
    @Option(help: "The tenant: 1 to 64 of a-z, 0-9, _ and -. Made when it is new.")
    var tenant: String
    @Option(help: "What the key is for, to recognise it later.")
    var name: String
    @Flag(help: "The key may make tenants and keys and see all costs.")
    var admin = false
    @Option(name: .customLong("class"), help: "A class the key may use; may be repeated. All by default.")
    var classes: [String] = []
    @Flag(help: "Print a JSON object instead of the key alone.")
    var json = false

    func validate() throws {
        guard TenantID(tenant) != nil else {
            throw ValidationError("--tenant must be 1 to 64 of a-z, 0-9, _ and -")
        }
        for name in classes where JobClass(rawValue: name) == nil {
            throw ValidationError("--class must be one of interactive, standard, batch; not \(name)")
        }
    }

    func run() async throws {
        let settings = try Launch.load(options.settings, withSecrets: false)
        let logger = Launch.startLogging(settings, role: "keys")
        guard let tenant = TenantID(tenant) else { throw ExitCode(EX_USAGE) }
        let chosen = Set(classes.compactMap(JobClass.init(rawValue:)))
        try await Launch.explained {
            let (key, record) = try await KeyMaker.create(
                tenant: tenant, name: name, isAdmin: admin, classes: chosen.isEmpty ? Set(JobClass.allCases) : chosen,
                settings: settings, logger: logger)
            // Names of keys are free text, so only what needs no escaping is printed here.
            print(
                json
                    ? #"{"id":"\#(record.id)","key":"\#(key.revealed)","tenant":"\#(record.tenant)","admin":\#(admin)}"#
                    : key.revealed)
        }
    }
}
