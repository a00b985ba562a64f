import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// `/` and `/openapi.json`: says who answers here, and how, to anyone.
struct WelcomeController: Sendable {
    let version: String

    func addRoutes(to section: RouteSection<IntakeContext>) {
        section.on(.get, "/", use: welcome)
        section.on(.get, "/openapi.json", use: description)
    }

    @Sendable
    private func welcome(_ request: Request, _ context: IntakeContext) async throws -> Response {
        .json { writer in
            writer.object { writer in
                writer.member("name", "penstock")
                writer.member("version", version)
                writer.member("docs", "README.md, chapter \"HTTP API\"")
                writer.member("openapi", "/openapi.json")
            }
        }
    }

    @Sendable
    private func description(_ request: Request, _ context: IntakeContext) async throws -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_json))
        )
    }
}
