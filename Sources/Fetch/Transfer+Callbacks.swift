import CCurl
import Glibc

/// The functions that curl calls; each finds its `Transfer` through the pointer set with it.
enum TransferCallbacks {
    static let header: curl_write_callback = { line, size, count, context in
        let bytes = UnsafeRawBufferPointer(start: line, count: size * count)
        return transfer(context).receive(headerLine: bytes) ? bytes.count : 0
    }

    static let body: curl_write_callback = { chunk, size, count, context in
        transfer(context).receive(body: UnsafeRawBufferPointer(start: chunk, count: size * count))
    }

    static let progress: curl_xferinfo_callback = { context, _, received, _, sent in
        transfer(context).progress(moved: Int(received + sent))
        return 0
    }

    static let prerequest: curl_prereq_callback = { context, _, _, _, _ in
        transfer(context).beginRequest() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }

    /// Also there to set close-on-exec, which this version of curl does not.
    static let openSocket: curl_opensocket_callback = { context, _, address in
        guard let address else { return CURL_SOCKET_BAD }
        let target = FetchAddress(ccurl_address(address), length: Int(address.pointee.addrlen))
        guard transfer(context).mayConnect(to: target) else { return CURL_SOCKET_BAD }
        let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return socket(address.pointee.family, type, address.pointee.`protocol`)
    }

    private static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer {
        // Set together with every callback in `EasyHandle.configure`, hence never nil.
        Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
    }
}
