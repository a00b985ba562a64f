import Hummingbird
import Logging
import Penstock

/// Puts the controllers together.
enum IntakeRouter {
    static func make(
        _ configuration: IntakeConfiguration,
        _ parts: IntakeDependencies,
        shares: ConnectionShares,
        metrics: IntakeMetrics,
        logger: Logger
    ) -> RouterResponder<IntakeContext> {
        let router = Router(context: IntakeContext.self, options: .autoGenerateHeadEndpoints)
        let book = RouteBook()
        let cache = KeyCache(lifetime: .seconds(configuration.keyCacheSeconds))
        router.add(middleware: UnknownURLMiddleware())
        WelcomeController(version: configuration.version).addRoutes(to: RouteSection(routes: router, book: book))
        let authentication = Authentication(
            ledger: parts.ledger,
            cache: cache,
            places: shares.requests(configuration)
        )
        let identified = router.group().add(middleware: authentication)
        let authenticated = identified.group(context: AuthenticatedContext.self)
        let callers = RouteSection(routes: authenticated, book: book)
        let quotas = QuotaKeeper(
            configuration.quotas,
            ledger: parts.ledger,
            reserve: configuration.diskReserveBytes,
            metrics: metrics
        )
        let creations = Creations(ledger: parts.ledger, quotas: quotas, clock: parts.clock)
        addCallerRoutes(to: callers, configuration, parts, creations, shares, metrics, logger)
        let admins = RouteSection(routes: authenticated.group(context: AdminContext.self), book: book)
        addAdminRoutes(to: admins, cache: cache, configuration, parts, creations)
        book.refuseOtherMethods(on: router)
        return router.buildResponder()
    }

    private static func addAdminRoutes(
        to section: RouteSection<AdminContext>,
        cache: KeyCache,
        _ configuration: IntakeConfiguration,
        _ parts: IntakeDependencies,
        _ creations: Creations
    ) {
        KeysController(
            ledger: parts.ledger,
            creations: creations,
            cache: cache,
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock
        ).addRoutes(to: section)
        TenantsController(
            ledger: parts.ledger,
            queues: Array(parts.queues.values),
            backlog: backlog(parts),
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock
        ).addRoutes(to: section)
        PoolsController(ledger: parts.ledger, topology: parts.topology, queues: parts.queues).addRoutes(to: section)
        FleetController(board: parts.board, sets: parts.workerSets, bounds: parts.scaling).addRoutes(to: section)
        PausesController(
            ledger: parts.ledger,
            topology: parts.topology,
            queues: parts.queues,
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock
        ).addRoutes(to: section)
    }

    private static func addCallerRoutes(
        to section: RouteSection<AuthenticatedContext>,
        _ configuration: IntakeConfiguration,
        _ parts: IntakeDependencies,
        _ creations: Creations,
        _ shares: ConnectionShares,
        _ metrics: IntakeMetrics,
        _ logger: Logger
    ) {
        FilesController(
            ledger: parts.ledger,
            creations: creations,
            quotas: creations.quotas,
            maxFileBytes: configuration.maxFileBytes,
            clock: parts.clock,
            metrics: metrics
        ).addRoutes(to: section)
        BatchesController(
            ledger: parts.ledger,
            topology: parts.topology,
            creations: creations,
            quotas: creations.quotas,
            progress: BatchProgress(ledger: parts.ledger),
            webhooks: configuration.webhooks,
            providerHeaders: configuration.providerHeaders(parts),
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock,
            metrics: metrics,
            streams: shares.streams()
        ).addRoutes(to: section)
        MessageBatchesController(
            ledger: parts.ledger,
            topology: parts.topology,
            creations: creations,
            quotas: creations.quotas,
            webhooks: configuration.webhooks,
            providerHeaders: configuration.providerHeaders(parts),
            limits: BatchLimits(
                maxLines: configuration.maxBatchLines,
                maxLineBytes: configuration.maxLineBytes,
                maxBytes: configuration.maxMessageBatchBytes
            ),
            clock: parts.clock,
            metrics: metrics
        ).addRoutes(to: section)
        let jobs = jobs(configuration, parts, creations, shares, metrics, logger)
        jobs.addRoutes(to: section)
        BulkJobsController(
            submission: jobs.submission,
            finder: jobs.finder,
            cancellation: jobs.cancellation,
            webhooks: configuration.webhooks,
            providerHeaders: configuration.providerHeaders(parts),
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock
        ).addRoutes(to: section)
        ResponsesController(
            ledger: parts.ledger,
            submission: jobs.submission,
            finder: jobs.finder,
            cancellation: jobs.cancellation,
            webhooks: configuration.webhooks,
            providerHeaders: configuration.providerHeaders(parts),
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock
        ).addRoutes(to: section)
        WebhooksController(
            ledger: parts.ledger,
            creations: creations,
            sender: parts.webhooks,
            rules: configuration.webhooks,
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock
        ).addRoutes(to: section)
        WebhookDeliveriesController(ledger: parts.ledger, clock: parts.clock).addRoutes(to: section)
        CostsController(ledger: parts.ledger).addRoutes(to: section)
        ModelsController(topology: parts.topology).addRoutes(to: section)
    }

    private static func backlog(_ parts: IntakeDependencies) -> BacklogCancellation {
        BacklogCancellation(ledger: parts.ledger, queues: Array(parts.queues.values), clock: parts.clock)
    }

    private static func jobs(
        _ configuration: IntakeConfiguration,
        _ parts: IntakeDependencies,
        _ creations: Creations,
        _ shares: ConnectionShares,
        _ metrics: IntakeMetrics,
        _ logger: Logger
    ) -> JobsController {
        let epochs = EpochDirectory(queues: parts.queues, removedQueues: parts.removedQueues)
        let finder = JobFinder(ledger: parts.ledger, epochs: epochs)
        let admission = JobAdmission(
            ledger: parts.ledger,
            topology: parts.topology,
            queues: parts.queues,
            epochs: epochs,
            finder: finder,
            experience: ExperienceDirectory(logger: logger),
            inlineBodyBytes: configuration.inlineBodyBytes
        )
        return JobsController(
            ledger: parts.ledger,
            submission: JobSubmission(admission: admission, creations: creations, metrics: metrics),
            finder: finder,
            wait: JobWait(finder: finder, events: parts.events, places: shares.waits(configuration)),
            listing: JobListing(
                ledger: parts.ledger,
                queues: epochs.all,
                pageBytes: configuration.maxPageBytes
            ),
            cancellation: JobCancellation(ledger: parts.ledger, epochs: epochs, clock: parts.clock),
            backlog: backlog(parts),
            alteration: JobAlteration(finder: finder, epochs: epochs, topology: parts.topology),
            requeuing: JobRequeue(ledger: parts.ledger, admission: admission, finder: finder, clock: parts.clock),
            webhooks: configuration.webhooks,
            providerHeaders: configuration.providerHeaders(parts),
            maxBodyBytes: configuration.maxBodyBytes,
            clock: parts.clock,
            metrics: metrics,
            streams: shares.streams()
        )
    }
}

extension IntakeConfiguration {
    fileprivate func providerHeaders(_ parts: IntakeDependencies) -> ProviderHeaderReader {
        ProviderHeaderReader(rules: headers, topology: parts.topology)
    }
}
