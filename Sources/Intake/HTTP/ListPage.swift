import Hummingbird
import JSON

/// One page of a listing, from a query that asked for one element more than the page holds.
struct ListPage<Element> {
    let elements: [Element]
    let hasMore: Bool

    /// - Parameter found: up to `limit` + 1 elements.
    init(_ found: [Element], limit: Int) {
        elements = Array(found.prefix(limit))
        hasMore = found.count > limit
    }

    init(_ elements: [Element], hasMore: Bool) {
        self.elements = elements
        self.hasMore = hasMore
    }
}

extension Response {
    /// OpenAI's list envelope. `write` writes one element.
    static func list<Element>(
        _ page: ListPage<Element>,
        id: (Element) -> String,
        write: (Element, inout JSONWriter) -> Void
    ) -> Response {
        json { writer in
            writer.object { writer in
                writer.member("object", "list")
                writer.key("data")
                writer.array { writer in
                    for element in page.elements { write(element, &writer) }
                }
                writer.member("first_id", page.elements.first.map(id))
                writer.member("last_id", page.elements.last.map(id))
                writer.member("has_more", page.hasMore)
            }
        }
    }
}
