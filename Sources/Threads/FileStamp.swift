import Glibc

/// What differs when a file was replaced or written anew.
package struct FileStamp: Sendable, Equatable {
    private let inode: UInt
    private let seconds: Int
    private let nanoseconds: Int
    private let size: Int

    /// - Returns: nil when there is no such file.
    package init?(_ path: String) {
        var found = stat()
        guard stat(path, &found) == 0 else { return nil }
        inode = UInt(found.st_ino)
        seconds = found.st_mtim.tv_sec
        nanoseconds = found.st_mtim.tv_nsec
        size = Int(found.st_size)
    }
}
