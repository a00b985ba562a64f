import Hummingbird

extension RequestContext {
    /// The part of the path that the route calls `name`, decoded; with what follows it where the route allows slashes.
    ///
    /// - Throws: 400 for a broken encoding.
    func pathParameter(_ name: String) throws -> String {
        let parts = [Substring(try parameters.require(name))] + parameters.getCatchAll()
        let text = parts.joined(separator: "/")
        guard let bytes = PercentDecoding.bytes(text.utf8, plusIsSpace: false), let decoded = String(cleanText: bytes)
        else { throw APIError.badRequest("The path is not well encoded.", param: name) }
        return decoded
    }
}
