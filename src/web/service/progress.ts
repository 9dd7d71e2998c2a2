/** As `fetch`, and tells how much of the body is sent, which `fetch` does not. */
export function fetchWithProgress(
  address: string,
  { method = 'POST', headers, body, signal, onProgress }: RequestInit & { onProgress: (share: number) => void },
): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const request = new XMLHttpRequest()
    request.open(method, address)
    new Headers(headers).forEach((value, name) => {
      request.setRequestHeader(name, value)
    })
    const abort = () => {
      request.abort()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort)
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0)
    request.onload = () => resolve(new Response(request.responseText, { status: request.status }))
    request.onerror = () => reject(new TypeError('the connection was lost'))
    request.onloadend = () => signal?.removeEventListener('abort', abort)
    request.send(body as FormData)
  })
}
