// swift-tools-version: 6.2
import PackageDescription

// Layers, from the bottom: C shims, base, clients and domain, adapters and apps, Assembly, executables.
// A module imports only lower layers; `ops/check-layers` compares every `import` with the table in ops/layers.json.

let strict = Context.environment["PENSTOCK_STRICT"] == "1"

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// A library module: code under `path` (default `Sources/NAME`).
func module(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil, resources: [Resource]? = nil)
    -> Target
{
    .target(
        name: name,
        dependencies: dependencies,
        path: path,
        resources: resources,
        swiftSettings: settings
    )
}

/// The tests of one module, under `Tests/NAMETests`.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: dependencies,
        path: "Tests/\(name)Tests",
        exclude: exclude,
        swiftSettings: settings
    )
}

/// A program that is built with the package but shipped nowhere: a fuzzer or a benchmark.
func tool(_ name: String, _ dependencies: [Target.Dependency], path: String) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

let package = Package(
    name: "penstock",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "penstockd", targets: ["penstockd"]),
        .executable(name: "penstock", targets: ["penstock"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // 0: C
        .systemLibrary(
            name: "CHiredis",
            path: "Sources/CHiredis",
            pkgConfig: "hiredis",
            providers: [.apt(["libhiredis-dev"])]
        ),
        .systemLibrary(
            name: "CCurl",
            path: "Sources/CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(
            name: "CMongoC",
            path: "Sources/CMongoC",
            pkgConfig: "libmongoc-1.0",
            providers: [.apt(["libmongoc-dev"])]
        ),

        .systemLibrary(name: "CThreads", path: "Sources/CThreads"),
        // Debian's libjq has no pkg-config file.
        .systemLibrary(name: "CJQ", path: "Sources/CJQ", providers: [.apt(["libjq-dev"])]),

        // 1: base
        module("JSON", []),
        module("Telemetry", [logging, coreMetrics]),
        module("Threads", ["CThreads"]),

        // 2: clients and domain
        module("Redis", ["CHiredis", nioCore, nioPosix, nioSSL, logging]),
        module("Fetch", ["CCurl", logging]),
        module("Mongo", ["CMongoC", "Telemetry", "Threads", logging, coreMetrics]),
        module("Penstock", ["JSON"]),

        // 3: adapters
        module(
            "Queue",
            ["Penstock", "Redis", "JSON", "Telemetry", logging],
            resources: [.embedInCode("Scripts")]
        ),
        module("Ledger", ["Penstock", "Mongo", "JSON", "Telemetry", logging, coreMetrics, grdb]),
        module(
            "Providers",
            ["CJQ", "Penstock", "Fetch", "JSON", "Telemetry", "Threads", logging],
            resources: [.embedInCode("Adapters")]
        ),
        module("Webhooks", ["Penstock", "Fetch", logging, crypto]),

        // 3: apps
        module(
            "Intake",
            [
                "Penstock", "JSON", "Telemetry", "Threads", hummingbird, hummingbirdCore, httpTypes, nioCore, nioPosix,
                nioHTTP1, nioSSL, logging, coreMetrics, lifecycle, crypto,
            ],
            resources: [.embedInCode("OpenAPI")]
        ),
        module("Simulator", ["Penstock", "JSON", "Telemetry", hummingbird, httpTypes, nioCore, logging, lifecycle]),
        module(
            "InferenceWorker",
            ["Penstock", "JSON", "Telemetry", logging, coreMetrics, lifecycle],
            path: "workers/InferenceWorker"
        ),
        module(
            "Scheduler",
            ["Penstock", "JSON", "Telemetry", logging, coreMetrics, lifecycle],
            path: "workers/Scheduler"
        ),
        module(
            "Courier",
            ["Penstock", "Telemetry", logging, coreMetrics, lifecycle],
            path: "workers/Courier"
        ),
        module(
            "Fleet",
            ["Penstock", "Telemetry", "Threads", logging, coreMetrics, lifecycle],
            path: "workers/Fleet"
        ),

        // 4: composition
        module(
            "Assembly",
            [
                "JSON", "Telemetry", "Redis", "Fetch", "Penstock", "Queue", "Ledger", "Providers", "Webhooks",
                "Intake", "Simulator", "InferenceWorker", "Scheduler", "Courier", "Fleet", "Threads", hummingbird,
                httpTypes,
                nioCore, nioPosix,
                logging, coreMetrics, lifecycle, unixSignals, yams, crypto,
            ]
        ),

        // 5: programs
        .executableTarget(
            name: "penstockd",
            dependencies: ["Assembly", argumentParser],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "penstock",
            dependencies: ["Fetch", "JSON", argumentParser, logging],
            path: "Sources/penstock-cli",
            swiftSettings: settings
        ),

        // Tests
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "TestTwins",
            dependencies: ["Penstock", logging],
            path: "Tests/TestTwins",
            swiftSettings: settings
        ),
        tests("JSON", ["JSON", "JSONFuzz"], exclude: ["Cases"]),
        tests("Telemetry", ["Telemetry", logging, coreMetrics]),
        tests("Redis", ["Redis", "TestSupport", nioCore, nioPosix, logging]),
        tests("Fetch", ["Fetch", "CCurl", "TestSupport", logging]),
        tests("Penstock", ["Penstock", "JSON"]),
        tests("Queue", ["Queue", "Penstock", "Redis", "TestSupport", logging]),
        tests("Mongo", ["Mongo", "Telemetry", "TestSupport", logging, coreMetrics]),
        tests("Ledger", ["Ledger", "Penstock", "Mongo", "Telemetry", "TestSupport", logging, coreMetrics, grdb]),
        tests("Providers", ["Providers", "Penstock", "Fetch", "JSON", "TestSupport", logging], exclude: ["Golden"]),
        tests(
            "Intake",
            [
                "Intake", "Penstock", "JSON", "JSONFuzz", "Telemetry", "TestSupport", "TestTwins", httpTypes, lifecycle,
                logging, coreMetrics, nioCore, nioPosix, nioSSL,
            ]
        ),
        tests("Scheduler", ["Scheduler", "Penstock", "JSON", "Telemetry", "TestTwins", logging, coreMetrics]),
        tests(
            "Worker",
            ["InferenceWorker", "Penstock", "JSON", "Telemetry", "TestTwins", logging, coreMetrics, lifecycle]
        ),
        tests("Webhooks", ["Webhooks", "Penstock", "TestSupport", logging, nioCore, nioPosix, nioHTTP1]),
        tests(
            "Courier",
            [
                "Courier", "Webhooks", "Ledger", "Penstock", "JSON", "Telemetry", "TestTwins", "TestSupport", logging,
                coreMetrics, lifecycle, nioCore, nioPosix, nioHTTP1,
            ]
        ),
        tests(
            "Fleet",
            [
                "Fleet", "Penstock", "Telemetry", "TestSupport", "TestTwins", "Threads", logging, coreMetrics,
                lifecycle,
            ]
        ),
        tests("Simulator", ["Simulator", "Penstock", "JSON", "TestSupport", logging, lifecycle]),
        tests("Assembly", ["Assembly", "Fleet", "Intake", "Penstock", "Providers", "Telemetry", "TestTwins"]),
        tests("CLI", ["penstock", "JSON", "TestSupport"]),
        tool("JSONFuzz", ["JSON"], path: "Tests/Fuzz/JSONFuzz"),
        tool("JSONBench", ["JSON"], path: "Tests/Benchmarks/JSONBench"),
        tool(
            "SchedulingBench",
            ["JSON", "Penstock", "Queue", "Redis", "TestSupport", logging],
            path: "Tests/Benchmarks/SchedulingBench"
        ),
    ]
)
