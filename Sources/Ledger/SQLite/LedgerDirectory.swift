import Glibc
import Penstock

/// Where the ledger's files are; private to the user the processes run as.
struct LedgerDirectory: Sendable {
    let path: String

    /// Makes the directory and its parents. One that exists keeps its mode.
    func create() throws {
        var prefix = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            prefix += part
            guard mkdir(prefix, 0o700) == 0 || errno == EEXIST else { throw failure("cannot make its directory") }
            prefix += "/"
        }
    }

    /// Makes an empty file, so that SQLite, which would make it readable for everybody, finds it with our mode; its
    /// companions (`-wal`, `-shm`) take over the mode.
    ///
    /// A file that exists is not even opened: closing it again would drop the locks SQLite holds on it in this process.
    func createFile(_ name: String) throws -> String {
        let file = path + "/" + name
        let descriptor = open(file, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            Glibc.close(descriptor)
        } else if errno != EEXIST {
            throw failure("cannot make \(name)")
        }
        return file
    }

    /// Lets one process at a time create and migrate. The kernel releases the lock of a process that dies.
    ///
    /// - Throws: `LedgerUnavailable` when somebody else has held it for a minute.
    func lockStartup() throws -> StartupLock {
        let descriptor = open(path + "/startup.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot open startup.lock") }
        let end = ContinuousClock.now + .seconds(60)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < end else {
                let failure = failure("cannot lock startup.lock")
                Glibc.close(descriptor)
                throw failure
            }
            usleep(10_000)
        }
        return StartupLock(descriptor: descriptor)
    }

    private func failure(_ what: String) -> LedgerUnavailable {
        LedgerUnavailable("the ledger \(what): \(String(cString: strerror(errno)))")
    }
}

/// The right to create and migrate; owns its descriptor.
struct StartupLock {
    fileprivate let descriptor: CInt

    func release() {
        Glibc.close(descriptor)
    }
}
