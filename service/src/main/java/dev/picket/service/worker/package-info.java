/**
 * Worker processes: how they are launched, kept warm and talked to. A worker runs one sandbox and is then destroyed.
 *
 * <p>Lock order: the pool, then one worker. Listeners are called without locks.
 */
package dev.picket.service.worker;
