/**
 * Constants and struct layouts of the Linux ABI on x86-64, with their C spelling; no behaviour. One class per header or
 * struct; every struct has a picture of its bytes.
 */
package dev.picket.platform.linux;
