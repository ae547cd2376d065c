/** Execs on the wire. Their exit code comes from inspect only. No locks. */
package dev.picket.api.exec;
