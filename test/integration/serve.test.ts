/**
 * The whole service, as `oneclass serve` starts it, faults and attacks included. Starting one and fitting a model costs seconds, so all
 * subjects share one: they run in this order, and the last ends it.
 */
import './serve/answers.ts'
import './serve/batches.ts'
import './serve/refusals.ts'
import './serve/document.ts'
import './serve/keys.ts'
