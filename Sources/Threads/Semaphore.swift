import Glibc

/// A counting semaphore of the operating system. Thread-safe by its contract, hence unchecked.
package final class Semaphore: @unchecked Sendable {
    private let pointer = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    package init() {
        sem_init(pointer, 0, 0)
    }

    deinit {
        sem_destroy(pointer)
        pointer.deallocate()
    }

    package func post() {
        sem_post(pointer)
    }

    /// Blocks the thread until somebody has posted.
    package func wait() {
        while sem_wait(pointer) != 0, errno == EINTR {}
    }
}
