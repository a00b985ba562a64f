import Hummingbird
import JSON

/// `/`: says who answers here, to anyone.
struct WelcomeController: Sendable {
    let version: String

    func addRoutes(to section: RouteSection<IntakeContext>) {
        section.on(.get, "/", use: welcome)
    }

    @Sendable
    private func welcome(_ request: Request, _ context: IntakeContext) async throws -> Response {
        .json { writer in
            writer.object { writer in
                writer.member("name", "penstock")
                writer.member("version", version)
                writer.member("docs", "README.md, chapter \"HTTP API\"")
            }
        }
    }
}
