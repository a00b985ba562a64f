extension PoolControls {
    /// What all pauses together mean for one pool.
    package init(_ pauses: [Pause], for pool: Pool) {
        self.init()
        for pause in pauses {
            switch pause.subject {
            case .pool(let name): if name == pool.name { isPaused = true }
            case .target(let name): if pool.target(named: name) != nil { pausedTargets.insert(name) }
            }
        }
    }
}
