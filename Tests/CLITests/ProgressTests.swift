import Testing

@testable import penstock

struct ProgressEstimatorTests {
    @Test func nothingIsKnownBeforeSomethingFinished() {
        var estimator = ProgressEstimator()
        #expect(estimator.perSecond == nil)
        estimator.record(finished: 5, at: .seconds(1))
        #expect(estimator.perSecond == nil)
        estimator.record(finished: 5, at: .seconds(9))
        #expect(estimator.perSecond == nil)
        #expect(estimator.remaining(of: 10) == nil)
    }

    @Test func rateAndRemainingTimeComeFromWhatFinishedWhileLooking() {
        var estimator = ProgressEstimator()
        estimator.record(finished: 40, at: .zero)
        estimator.record(finished: 60, at: .seconds(10))
        #expect(estimator.perSecond == 2)
        #expect(estimator.remaining(of: 100) == .seconds(20))
        #expect(estimator.remaining(of: 60) == .zero)
    }

    @Test func oldSamplesAreForgotten() {
        var estimator = ProgressEstimator(window: .seconds(10))
        estimator.record(finished: 0, at: .zero)
        estimator.record(finished: 1000, at: .seconds(10))
        for second in 11...30 { estimator.record(finished: 1000 + second - 10, at: .seconds(second)) }
        #expect(estimator.perSecond == 1)
    }

    @Test func aSlowBatchKeepsARate() {
        var estimator = ProgressEstimator(window: .seconds(10))
        estimator.record(finished: 0, at: .zero)
        estimator.record(finished: 1, at: .seconds(100))
        #expect(estimator.perSecond == 0.01)
        #expect(estimator.remaining(of: 2) == .seconds(100))
    }

    @Test func anEndBeyondALifetimeIsNoEstimate() {
        var estimator = ProgressEstimator()
        estimator.record(finished: 0, at: .zero)
        estimator.record(finished: 1, at: .seconds(59))
        #expect(estimator.remaining(of: 50_000_000) == nil)
    }
}

struct BatchProgressTests {
    private func progress(completed: Int, failed: Int = 0, total: Int = 120) -> BatchProgress {
        BatchProgress(
            status: "in_progress",
            total: total,
            completed: completed,
            failed: failed,
            cost: Cost(known: Dollars("0.0123"), unknownCalls: 0),
            perSecond: 1.8,
            remaining: .seconds(38)
        )
    }

    @Test func plainLineHasAllFacts() {
        #expect(
            progress(completed: 51, failed: 2).plain
                == "in_progress: 53 of 120 done, 2 failed, 1.8/s, 38s left, $0.0123"
        )
        #expect(
            BatchProgress(status: "validating", total: 0, completed: 0, failed: 0, cost: Cost(unknownCalls: 0)).plain
                == "validating"
        )
    }

    @Test(arguments: [20, 40, 80, 120, 200]) func barNeverExceedsTheWidth(width: Int) {
        #expect(progress(completed: 51, failed: 2).bar(width: width, colour: false).columns <= width)
    }

    @Test func barShowsShares() {
        let bar = progress(completed: 60, failed: 30).bar(width: 120, colour: false)
        #expect(
            bar.hasPrefix("[" + String(repeating: "#", count: 20) + String(repeating: "x", count: 10) + "----------]")
        )
        #expect(bar.contains(" 75%"))
    }

    @Test func onlyACompleteBatchHasAHundredPercent() {
        #expect(progress(completed: 99_999, total: 100_000).percent == 99)
        #expect(progress(completed: 100_000, total: 100_000).percent == 100)
    }

    @Test func oneFailureIsVisibleInALargeBatch() {
        #expect(progress(completed: 99_999, failed: 1, total: 100_000).bar(width: 120, colour: false).contains("#x]"))
    }
}

struct PatienceTests {
    private let busy = CLIError.server(
        ServerFailure(status: 503, message: nil, code: nil, param: nil, requestID: nil, keyOrigin: "x")
    )

    @Test func troubleIsToldOnceAndEndsPatienceAfterTheLimit() {
        var patience = Patience(limit: .seconds(10))
        #expect(patience.failed(busy, at: .seconds(100)) == .goOn(isFirst: true))
        #expect(patience.failed(busy, at: .seconds(109)) == .goOn(isFirst: false))
        #expect(patience.failed(busy, at: .seconds(110)) == .giveUp)
    }

    @Test func successStartsAnew() {
        var patience = Patience(limit: .seconds(10))
        _ = patience.failed(busy, at: .zero)
        patience.succeeded()
        #expect(patience.failed(busy, at: .seconds(60)) == .goOn(isFirst: true))
    }

    @Test func lastingErrorsAreNotWaitedFor() {
        var patience = Patience()
        let missing = ServerFailure(
            status: 404,
            message: nil,
            code: "not_found",
            param: nil,
            requestID: nil,
            keyOrigin: "x"
        )
        #expect(patience.failed(.server(missing), at: .zero) == .giveUp)
        #expect(patience.failed(.local("disk full"), at: .zero) == .giveUp)
    }
}

struct PlainIntervalTests {
    @Test(arguments: [(0, 5), (50, 5), (300, 30), (600, 60), (86_400, 60)])
    func plainLinesBecomeRarer(after: Int, seconds: Int) {
        #expect(ProgressDisplay.plainInterval(after: .seconds(after)) == .seconds(seconds))
    }
}
