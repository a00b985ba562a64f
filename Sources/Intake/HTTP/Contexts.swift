import Hummingbird
import Penstock

/// What every handler gets.
struct IntakeContext: RequestContext {
    typealias Source = Exchange

    var coreContext: CoreRequestContextStorage
    let exchange: Exchange
    /// Set by `Authentication`.
    var caller: Caller?

    init(source: Exchange) {
        coreContext = CoreRequestContextStorage(source: source)
        exchange = source
    }
}

/// What handlers of `/v1` get: somebody is asking.
struct AuthenticatedContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let exchange: Exchange
    let caller: Caller

    /// - Throws: 401.
    init(context: IntakeContext) throws {
        guard let caller = context.caller else { throw APIError.invalidKey }
        coreContext = context.coreContext
        exchange = context.exchange
        self.caller = caller
    }

    /// The caller's tenant: everything that is looked up belongs to it.
    var tenant: TenantID { caller.tenant }
    var body: BodyReader { exchange.body }
}

/// What handlers of `/v1/admin` get.
struct AdminContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let exchange: Exchange
    let caller: Caller

    /// - Throws: 403.
    init(context: AuthenticatedContext) throws {
        guard context.caller.isAdmin else { throw APIError.notAdmin }
        coreContext = context.coreContext
        exchange = context.exchange
        caller = context.caller
    }

    var body: BodyReader { exchange.body }
}

/// Who asks, as far as handlers need to know.
struct Caller: Sendable, Equatable {
    let tenant: TenantID
    /// The public name of the API key.
    let keyID: String
    let isAdmin: Bool
    let classes: Set<JobClass>

    init(_ key: APIKeyRecord) {
        tenant = key.tenant
        keyID = key.id
        isAdmin = key.isAdmin
        classes = key.classes
    }

    /// - Throws: 403 when the API key must not use the class.
    func require(_ jobClass: JobClass, param: String) throws {
        guard !classes.contains(jobClass) else { return }
        throw APIError(
            .forbidden,
            code: "class_not_allowed",
            "This API key must not use the class \(jobClass.rawValue).",
            param: param
        )
    }
}
