import Hummingbird

extension RequestContext {
    /// The part of the path that the route calls `name`, decoded; with what follows it where the route allows slashes.
    ///
    /// - Returns: what is not well encoded as it is: nothing has such a name.
    func pathParameter(_ name: String) throws -> String {
        let parts = [Substring(try parameters.require(name))] + parameters.getCatchAll()
        let text = parts.joined(separator: "/")
        return PercentDecoding.bytes(text.utf8, plusIsSpace: false).flatMap { String(cleanText: $0) } ?? text
    }
}
