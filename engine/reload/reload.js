// Reloads this page once something newer serves, and shows why the newest source does not. stagewatch put it here, as
// --reload asks.
(() => {
  'use strict'
  const tag = document.currentScript
  if (!tag) return
  const served = Number(tag.dataset.serving)
  // The app's own scripts need not see it.
  tag.remove()
  const mark = Symbol.for('stagewatch')
  if (window[mark]) return
  Object.defineProperty(window, mark, { value: true })

  const name = 'stagewatch-reload'
  const id = Math.random()
  let newest = served // what this page was served by, or was reloaded for
  let source // the events, where this page listens
  let last // what they said last
  let channel // what pages that listen tell the others
  let timer
  let shown, overlay

  // A frame goes with the page that holds it.
  function inner() {
    try { return window.parent !== window && window.parent[mark] } catch { return false }
  }

  // A page that comes out of a cache that a reload does not pass by, such as a service worker's, is as old as before:
  // one try for each is enough.
  function tried(serving) {
    const [navigation] = performance.getEntriesByType('navigation')
    try {
      if (navigation && navigation.type === 'reload' && sessionStorage.getItem(name) === String(serving)) return true
      sessionStorage.setItem(name, String(serving))
    } catch {}
    return false
  }

  function hear(text) {
    if (inner()) return
    const state = JSON.parse(text)
    if (state.serving > newest) {
      newest = state.serving
      if (!tried(newest)) return location.reload()
    }
    show(state.failure)
  }

  // A browser opens six connections to a host of HTTP/1.1, for all of its tabs together. So a page that is seen listens,
  // and tells the others; of those that are not seen one listens, and only while no other does. Web Locks would choose it
  // more simply, but in Chromium nobody gets a lock any more that a page gives back when the browser keeps it to go back to.
  function start() {
    if (!channel) {
      channel = new BroadcastChannel(name)
      channel.onmessage = ({ data }) => {
        if (!data) return last ? tell() : soon()
        clearTimeout(timer)
        if (source && !seen() && (data.seen || data.id < id)) quiet()
        hear(data.state)
      }
      channel.postMessage('')
      soon()
    }
    if (seen()) listen()
  }

  const seen = () => document.visibilityState === 'visible'

  // What was seen a moment ago is asked first.
  function soon() {
    clearTimeout(timer)
    timer = setTimeout(listen, 300 + 300 * Math.random())
  }

  function listen() {
    if (source || !channel) return
    source = new EventSource('/.stagewatch/events')
    source.onmessage = ({ data }) => {
      last = data
      tell()
      hear(data)
    }
    source.onerror = () => {
      // Nobody there answers in this way: not to be asked again until somebody looks at the page.
      if (source && source.readyState === EventSource.CLOSED) quiet()
    }
  }

  function tell() {
    channel.postMessage({ id, seen: seen(), state: last })
  }

  function quiet() {
    clearTimeout(timer)
    if (source) source.close()
    source = last = undefined
  }

  function stop() {
    if (!channel) return
    const listened = source
    quiet()
    if (listened) channel.postMessage('')
    channel.close()
    channel = undefined
  }

  // What the browser keeps to go back to holds no connection.
  addEventListener('pagehide', stop)
  addEventListener('pageshow', start)
  document.addEventListener('visibilitychange', () => {
    if (seen()) start()
  })
  document.addEventListener('securitypolicyviolation', event => {
    if (event.blockedURI.endsWith('/.stagewatch/events')) {
      console.warn("stagewatch: this page does not reload by itself, as a Content-Security-Policy within the page forbids it. connect-src 'self' allows it.")
    }
  })
  start()

  const style = `
    :host { all: initial; position: fixed; inset: auto 0 0 0; z-index: 2147483647; color-scheme: light dark; --red: #d04a35 }
    div { box-sizing: border-box; max-height: 60vh; overflow: auto; padding: 1rem 3rem 1rem 1.5rem; border-top: 3px solid var(--red);
      background: Canvas; color: CanvasText; font: 15px/1.5 system-ui, sans-serif; box-shadow: 0 -4px 24px #0006 }
    h1 { margin: 0 0 .25rem; font-size: 1.1rem; color: var(--red) }
    p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
    pre { margin: .75rem 0 0; overflow: auto; font: 13px/1.5 ui-monospace, monospace }
    pre span { display: block; padding: 0 .5rem; width: max-content; min-width: 100%; box-sizing: border-box }
    .blamed { background: #d04a352e; box-shadow: inset 3px 0 var(--red) }
    button { position: absolute; top: .6rem; right: .8rem; padding: .2rem .6rem; border: 0; background: none; color: inherit; font: 22px/1 sans-serif; cursor: pointer }
    small { display: block; margin-top: .75rem; opacity: .6 }`

  // All of it is text: what failed can hold anything.
  function element(kind, text, ...children) {
    const made = document.createElement(kind)
    if (text) made.textContent = text
    made.append(...children)
    return made
  }

  function show(failure) {
    const text = JSON.stringify(failure)
    if (text === shown) return
    shown = text
    if (overlay) overlay.remove()
    overlay = undefined
    if (!failure) return
    const lines = (failure.excerpt || []).map(({ line, text, blamed }) => {
      const made = element('span', String(line).padStart(4) + '  ' + text)
      if (blamed) made.className = 'blamed'
      return made
    })
    const close = element('button', '\u00d7')
    close.title = 'Close until it fails in another way'
    close.onclick = () => overlay.remove()
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(style)
    overlay = document.createElement('stagewatch-failure')
    const root = overlay.attachShadow({ mode: 'open' })
    // A sheet made by a script is what no policy forbids.
    root.adoptedStyleSheets = [sheet]
    const box = element('div', '', element('h1', failure.title), element('p', failure.detail))
    if (lines.length) box.append(element('pre', '', ...lines))
    box.append(element('small', 'stagewatch \u00b7 what the page shows is older than the source'))
    root.append(box, close)
    document.documentElement.append(overlay)
  }
})()
