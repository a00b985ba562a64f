import CCurl
import Glibc

/// Which sockets curl waits for, kept in an epoll set so that a turn costs what is ready, not what is open.
///
/// Confined to the curl thread.
final class Poller {
    /// A ready descriptor with curl's bits for what it is ready for.
    struct Event {
        let descriptor: Int32
        let bits: Int32
    }

    private static let capacity = 256

    private let epoll: Int32
    private let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: Poller.capacity)
    private var watched: Set<Int32> = []

    /// - Throws: `other` if the process is out of descriptors.
    init() throws(FetchError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else {
            events.deallocate()
            throw FetchError(.other, "epoll_create1 failed, errno \(errno)")
        }
    }

    deinit {
        close(epoll)
        events.deallocate()
    }

    /// Waits for `descriptor` to have any of curl's `CURL_POLL_*` states. False: the kernel refused, see `errno`.
    func watch(_ descriptor: Int32, for what: Int32) -> Bool {
        var mask: UInt32 = 0
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { mask |= EPOLLIN.rawValue }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { mask |= EPOLLOUT.rawValue }
        var event = epoll_event(events: mask, data: epoll_data_t(fd: descriptor))
        if watched.contains(descriptor), epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0 { return true }
        // Curl may have closed a descriptor and got the same number for a new socket.
        watched.insert(descriptor)
        return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    /// Forgets a descriptor, which may be closed already.
    func forget(_ descriptor: Int32) {
        watched.remove(descriptor)
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
    }

    /// The ready descriptors; empty when the timeout (milliseconds, -1 for none) passed or a signal came. Nil: broken.
    func wait(milliseconds: Int32) -> [Event]? {
        let count = epoll_wait(epoll, events.baseAddress, Int32(Self.capacity), milliseconds)
        guard count >= 0 else { return errno == EINTR ? [] : nil }
        return events[..<Int(count)].map { event in
            var bits: Int32 = 0
            if event.events & EPOLLIN.rawValue != 0 { bits |= CURL_CSELECT_IN }
            if event.events & EPOLLOUT.rawValue != 0 { bits |= CURL_CSELECT_OUT }
            if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { bits |= CURL_CSELECT_ERR }
            return Event(descriptor: event.data.fd, bits: bits)
        }
    }
}
