import HTTPTypes
import Hummingbird

/// Remembers which methods every path has, so that the others are answered with 405.
final class RouteBook {
    private var methods: [String: [HTTPRequest.Method]] = [:]

    func add(_ method: HTTPRequest.Method, _ path: String) {
        methods[path, default: []].append(method)
    }

    /// Registers the refusals. HEAD is left out: the router derives it from GET.
    func refuseOtherMethods(on router: Router<IntakeContext>) {
        let all: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete, .options, .trace, .query]
        for (path, known) in methods {
            let allow = known.map(\.rawValue).sorted().joined(separator: ", ")
            let refused = all + (known.contains(.get) ? [] : [.head])
            for method in refused where !known.contains(method) {
                router.on(RouterPath(path), method: method) { _, _ -> Response in
                    throw APIError.wrongMethod(allow: allow)
                }
            }
        }
    }
}

/// Routes whose handlers get the same kind of context.
struct RouteSection<Context: RequestContext> {
    let routes: any RouterMethods<Context>
    let book: RouteBook

    func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        use handler: @escaping @Sendable (Request, Context) async throws -> Response
    ) {
        book.add(method, path)
        _ = routes.on(RouterPath(path), method: method, use: handler)
    }

    /// The same for a path whose last parameter may hold slashes as they are: names of models often do.
    func onWithSlashes(
        _ method: HTTPRequest.Method,
        _ path: String,
        use handler: @escaping @Sendable (Request, Context) async throws -> Response
    ) {
        on(method, path, use: handler)
        on(method, path + "/**", use: handler)
    }
}

/// Says in our own words that a URL is unknown.
struct UnknownURLMiddleware: RouterMiddleware {
    typealias Context = IntakeContext

    @concurrent
    func handle(
        _ request: Request,
        context: IntakeContext,
        next: @concurrent (Request, IntakeContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            throw APIError.unknownURL
        }
    }
}

extension HTTPRequest.Method {
    /// Of a recent draft; clients that probe send it.
    fileprivate static let query = HTTPRequest.Method("QUERY")!
}
