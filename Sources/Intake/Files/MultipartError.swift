/// Why a form was not understood; the message is for the caller.
struct MultipartError: Error, Equatable {
    let message: String

    static let malformed = MultipartError(message: "The form is not well-formed multipart/form-data.")
    static let headersTooLong = MultipartError(message: "The headers of a part are too long.")
    static let preambleTooLong = MultipartError(message: "The form does not begin with its boundary.")
    static let noName = MultipartError(message: "Every part needs `Content-Disposition: form-data` with a name.")
    static let incomplete = MultipartError(message: "The form ends before its closing boundary.")
    static let noBoundary = MultipartError(message: "Send multipart/form-data with a boundary of 1 to 70 characters.")
}
