import ArgumentParser
import Assembly
import Glibc

/// Says whether a start would work.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the settings, Redis and the ledger, and say what is wrong."
    )
    @OptionGroup var options: SettingsOption
    @Flag(help: "Call each target once with the smallest request there is, and say what it answered. May be billed.")
    var probe = false

    func run() async throws {
        let settings = try Launch.load(options.settings, withSecrets: true)
        let logger = ProcessSetup.start(settings, role: "check")
        try await Launch.explained {
            let backends = try Backends(settings, logger: logger)
            try await backends.check(settings, logger: logger)
            try await backends.close()
        }
        print("settings, Redis and ledger are good")
        guard probe else { return }
        try await Launch.explained { try await tell(try TargetProbe(settings, logger: logger)) }
    }

    private func tell(_ probe: TargetProbe) async throws {
        let findings = await probe.run()
        for finding in findings { print("target \(finding.target): \(finding.text)") }
        let bad = findings.count { !$0.isGood }
        if bad > 0 { throw SettingsError("\(bad) of \(findings.count) targets did not answer well") }
    }
}

/// The reference of all settings.
struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "Print every setting with its default and what it is for."
    )

    func run() {
        print(SettingsReference.text, terminator: "")
    }
}

/// API keys, straight in the ledger.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make API keys straight in the ledger: the way to the first admin key.",
        subcommands: [CreateKeyCommand.self]
    )
}

/// Makes one key.
struct CreateKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an API key and print it once.",
        discussion: """
            Needs no running server and no other key: whoever may write the ledger is the operator. Only \
            a hash is kept. Further keys are best made with `penstock keys create` and an admin key.
            """
    )
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
        do {
            _ = try wish()
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func run() async throws {
        let settings = try Launch.load(options.settings, withSecrets: false)
        let logger = ProcessSetup.start(settings, role: "keys")
        try await Launch.explained {
            let made = try await KeyMaker.create(try wish(), settings: settings, logger: logger)
            // Names of keys are free text, so only what needs no escaping is printed here.
            let object = #"{"id":"\#(made.id)","key":"\#(made.key)","tenant":"\#(tenant)","admin":\#(admin)}"#
            print(json ? object : made.key)
        }
    }

    private func wish() throws(SettingsError) -> KeyMaker.Wish {
        try KeyMaker.Wish(tenant: tenant, name: name, isAdmin: admin, classes: classes)
    }
}
