import CCurl

extension CurlLoop {
    func execute(_ command: LoopCommand) {
        switch command {
        case .start(let id, let plan, let sink): start(id, plan, sink)
        case .cancel(let id): abort(id, .cancelled, "the exchange was cancelled")
        case .resume(let id): resume(id)
        }
    }

    /// Ends everything; the inbox takes no more commands.
    func close(_ commands: [LoopCommand]) {
        for case .start(_, _, let sink) in commands {
            sink.finish(.failure(FetchError(.closed, "the client was shut down")))
        }
        for id in transfers.keys { abort(id, .closed, "the client was shut down") }
    }

    /// Reports the transfers that curl has finished.
    func reportEnds() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            // Copied before the handle is removed, which frees the message.
            let (kind, handle, code) = (message.pointee.msg, message.pointee.easy_handle, message.pointee.data.result)
            guard kind == CURLMSG_DONE, let transfer = transfer(of: handle) else { continue }
            end(transfer, code)
        }
    }

    /// Ends the transfers in which nothing moved for their idle limit.
    func sweepIdle() {
        let now = Monotonic.now()
        guard idle.begin(at: now) else { return }
        for transfer in transfers.values {
            guard let limit = transfer.plan.request.idleTimeout.map(LoopTime.nanoseconds) else { continue }
            let deadline = (transfer.lastActivity ?? now) + limit
            if deadline > now {
                idle.add(deadline: deadline)
            } else {
                abort(transfer.id, .idleTimedOut, "no byte moved for the idle limit")
            }
        }
        idle.end(at: now)
    }

    private func start(_ id: UInt64, _ plan: RequestPlan, _ sink: any TransferSink) {
        guard let easy = pool.take() else {
            return sink.finish(.failure(FetchError(.other, "curl_easy_init failed")))
        }
        let transfer = Transfer(id: id, plan: plan, sink: sink, easy: easy, configuration: configuration)
        do throws(FetchError) {
            try easy.configure(for: transfer, configuration)
        } catch {
            pool.give(back: easy)
            return sink.finish(.failure(error))
        }
        transfers[id] = transfer
        let code = curl_multi_add_handle(multi, easy.raw)
        guard code == CURLM_OK else {
            return finish(transfer, .failure(FetchError(.other, String(cString: curl_multi_strerror(code)))))
        }
        if let limit = plan.request.idleTimeout {
            idle.add(deadline: Monotonic.now() + LoopTime.nanoseconds(limit))
        }
    }

    private func resume(_ id: UInt64) {
        guard let transfer = transfers[id] else { return }
        transfer.resumed()
        // Hands over the bytes that curl kept, which may pause again or end the transfer.
        let code = curl_easy_pause(transfer.easy.raw, CURLPAUSE_CONT)
        if code != CURLE_OK { end(transfer, code) }
    }

    private func abort(_ id: UInt64, _ code: FetchError.Code, _ message: String) {
        guard let transfer = transfers[id] else { return }
        let sent = transfer.facts.requestStarted
        finish(transfer, .failure(FetchError(code, message, requestMayHaveBeenSent: sent)))
    }

    private func end(_ transfer: Transfer, _ code: CURLcode) {
        let result: Result<FetchTiming, FetchError> =
            code == CURLE_OK
            ? .success(transfer.timing())
            : .failure(.ended(code, detail: transfer.easy.detail, facts: transfer.facts))
        finish(transfer, result)
    }

    /// Takes the handle from curl, which closes a connection in mid-exchange, and only then lets go of the transfer.
    private func finish(_ transfer: Transfer, _ result: Result<FetchTiming, FetchError>) {
        curl_multi_remove_handle(multi, transfer.easy.raw)
        transfers[transfer.id] = nil
        pool.give(back: transfer.easy)
        transfer.sink.finish(result)
    }

    private func transfer(of handle: UnsafeMutableRawPointer?) -> Transfer? {
        var context: UnsafeMutableRawPointer?
        guard let handle, ccurl_get_pointer(handle, CURLINFO_PRIVATE, &context) == CURLE_OK else { return nil }
        return context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }
}
