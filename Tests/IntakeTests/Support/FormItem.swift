@testable import Intake

/// A part of a form with its data, however it was cut.
struct FormItem: Equatable {
    let name: String
    let filename: String?
    let data: [UInt8]

    init(_ name: String, filename: String?, _ data: [UInt8]) {
        self.name = name
        self.filename = filename
        self.data = data
    }

    /// All parts of a form that comes in these pieces.
    ///
    /// - Throws: also `incomplete` for a form without its end.
    static func read(_ pieces: [ArraySlice<UInt8>], boundary: String) throws(MultipartError) -> [FormItem] {
        var parser = MultipartParser(boundary: boundary)
        var items: [FormItem] = []
        var open: (part: MultipartPart, data: [UInt8])?
        for piece in pieces {
            parser.append(piece)
            while let event = try parser.next() {
                switch event {
                case .partBegins(let part): open = (part, [])
                case .data(let data): open?.data += data
                case .partEnds:
                    if let open { items.append(FormItem(open.part.name, filename: open.part.filename, open.data)) }
                    open = nil
                case .formEnds: break
                }
            }
        }
        guard parser.isFinished else { throw MultipartError.incomplete }
        return items
    }
}
