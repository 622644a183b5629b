/** Loaded into each contender: answers the harness what the process has used so far. */

process.on('message', (message) => {
  if (message !== 'usage') return
  const { user, system } = process.cpuUsage()
  process.send({ usage: { cpu: (user + system) / 1e6, memory: process.memoryUsage.rss() / 2 ** 20 } })
})
process.on('disconnect', () => process.exit())
