import Glibc

/// What differs when a file was replaced or written anew.
struct FileStamp: Equatable {
    let inode: UInt
    let seconds: Int
    let nanoseconds: Int
    let size: Int

    /// - Returns: nil when there is no such file.
    init?(_ path: String) {
        var found = stat()
        guard stat(path, &found) == 0 else { return nil }
        inode = UInt(found.st_ino)
        seconds = found.st_mtim.tv_sec
        nanoseconds = found.st_mtim.tv_nsec
        size = Int(found.st_size)
    }
}
