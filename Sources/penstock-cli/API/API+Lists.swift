import JSON

extension API {
    /// Longest page that the server gives.
    private static let pageLimit = 100

    /// The first `limit` objects of a paged list, over as many pages as that takes.
    func list(_ path: String, query: [(name: String, value: String)] = [], limit: Int) async throws -> [JSONValue] {
        var objects: [JSONValue] = []
        while objects.count < limit {
            var page = query + [("limit", String(min(Self.pageLimit, limit - objects.count)))]
            if let last = objects.last { page.append(("after", try last.required("id"))) }
            let answer = try await get(path, query: page)
            let data = try answer.list()
            objects += data
            guard !data.isEmpty, answer.root["has_more"]?.bool == true else { break }
        }
        return Array(objects.prefix(limit))
    }
}
