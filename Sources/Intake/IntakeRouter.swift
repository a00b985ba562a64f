import Hummingbird
import Penstock

/// Puts the controllers together.
enum IntakeRouter {
    static func make(_ configuration: IntakeConfiguration, _ parts: IntakeDependencies, metrics: IntakeMetrics)
        -> RouterResponder<IntakeContext>
    {
        let router = Router(context: IntakeContext.self, options: .autoGenerateHeadEndpoints)
        let book = RouteBook()
        let cache = KeyCache(lifetime: .seconds(configuration.keyCacheSeconds))
        router.add(middleware: UnknownURLMiddleware())
        WelcomeController(version: configuration.version).addRoutes(to: RouteSection(routes: router, book: book))
        let identified = router.group().add(middleware: Authentication(ledger: parts.ledger, cache: cache))
        let authenticated = identified.group(context: AuthenticatedContext.self)
        addCallerRoutes(to: RouteSection(routes: authenticated, book: book), configuration, parts, metrics)
        let admins = RouteSection(routes: authenticated.group(context: AdminContext.self), book: book)
        KeysController(
            ledger: parts.ledger,
            cache: cache,
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock
        ).addRoutes(to: admins)
        TenantsController(
            ledger: parts.ledger,
            queues: Array(parts.queues.values),
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock
        ).addRoutes(to: admins)
        book.refuseOtherMethods(on: router)
        return router.buildResponder()
    }

    private static func addCallerRoutes(
        to section: RouteSection<AuthenticatedContext>,
        _ configuration: IntakeConfiguration,
        _ parts: IntakeDependencies,
        _ metrics: IntakeMetrics
    ) {
        FilesController(
            ledger: parts.ledger,
            maxFileBytes: configuration.maxFileBytes,
            clock: parts.clock,
            metrics: metrics
        ).addRoutes(to: section)
        BatchesController(
            ledger: parts.ledger,
            progress: BatchProgress(ledger: parts.ledger),
            webhooks: configuration.webhooks,
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock,
            metrics: metrics
        ).addRoutes(to: section)
        jobs(configuration, parts, metrics).addRoutes(to: section)
        WebhooksController(
            ledger: parts.ledger,
            sender: parts.webhooks,
            rules: configuration.webhooks,
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock
        ).addRoutes(to: section)
        CostsController(ledger: parts.ledger).addRoutes(to: section)
        ModelsController(topology: parts.topology).addRoutes(to: section)
    }

    private static func jobs(
        _ configuration: IntakeConfiguration,
        _ parts: IntakeDependencies,
        _ metrics: IntakeMetrics
    ) -> JobsController {
        let epochs = EpochDirectory(queues: parts.queues)
        let finder = JobFinder(ledger: parts.ledger, epochs: epochs)
        let admission = JobAdmission(
            ledger: parts.ledger,
            topology: parts.topology,
            queues: parts.queues,
            epochs: epochs,
            finder: finder,
            inlineBodyBytes: configuration.inlineBodyBytes
        )
        return JobsController(
            ledger: parts.ledger,
            admission: admission,
            finder: finder,
            wait: JobWait(finder: finder, events: parts.events),
            listing: JobListing(ledger: parts.ledger, queues: epochs.all),
            cancellation: JobCancellation(ledger: parts.ledger, epochs: epochs, clock: parts.clock),
            webhooks: configuration.webhooks,
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock,
            metrics: metrics
        )
    }
}
